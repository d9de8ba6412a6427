import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { goneInstance } from '../gone-instance.ts';
import type { ObservedInstance, WatchHandlers } from '../runtime.ts';
import { broken, problemOf } from './faults.ts';
import type { Keeper } from './keeper.ts';
import { Observed } from './observed.ts';

const pollMs = 1_500;
const reconnectsAfterMs = 1_000;
const All = z.array(Observed);

/**
 * One question for all instances, over and over. Whoever asks it also lets the machine go on with what is not yet as
 * its records say, and start supervisord again where it was killed.
 */
export async function watchInstances(keeper: Keeper, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  let told: Map<string, string> | undefined;
  let connection: object | undefined;
  while (!signal.aborted) {
    try {
      const present = await keeper.facts(signal);
      const isAnother = connection !== undefined && connection !== present;
      connection = present;
      // Lost between two questions: nobody was told of it.
      if (isAnother && told) throw broken();
      const instances = await keeper.call('observe-all', {}, All, signal);
      const now = new Map(instances.map((one) => [one.instanceId, JSON.stringify(one)]));
      if (told) tellChanges(told, now, instances, handlers);
      else handlers.onSnapshot(instances);
      told = now;
    } catch (error) {
      if (signal.aborted) return;
      told = undefined;
      handlers.onLost(problemOf(error, signal));
      await sleep(reconnectsAfterMs, undefined, { signal }).catch(() => undefined);
      continue;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

function tellChanges(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  instances: readonly ObservedInstance[],
  { onChange }: Pick<WatchHandlers, 'onChange'>,
): void {
  for (const instance of instances) {
    if (before.get(instance.instanceId) !== now.get(instance.instanceId)) onChange(instance);
  }
  for (const [instanceId, text] of before) {
    if (!now.has(instanceId)) onChange(goneInstance(Observed.parse(JSON.parse(text))));
  }
}
