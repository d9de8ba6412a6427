import type Docker from 'dockerode';

import type { InstanceRef, ObservedInstance } from '../runtime.ts';
import { containersWith, inspectContainer, soon, undefinedWhenMissing, type Engine } from './engine.ts';
import { labels, requireIds, stateNameOf } from './names.ts';
import { joinObserved } from './observed.ts';
import type { Readiness } from './probe.ts';
import { newestOf } from './record.ts';

type Observable = Pick<InstanceRef, 'instanceId' | 'tenantId'>;

export async function observe(
  engine: Engine,
  readiness: Readiness,
  ref: Observable,
  signal: AbortSignal,
): Promise<ObservedInstance> {
  requireIds(ref);
  const own = { [labels.instance]: ref.instanceId, [labels.tenant]: ref.tenantId };
  const [containers, volume] = await Promise.all([
    containersWith(engine, own, signal),
    engine.docker.getVolume(stateNameOf(ref)).inspect(soon(signal)).catch(undefinedWhenMissing),
  ]);
  const isOurs = volume?.Labels?.[labels.tenant] === ref.tenantId;
  return observeFound(engine, readiness, ref, { containers, volumePresent: isOurs }, signal);
}

/** From what a list has told already. */
export async function observeFound(
  engine: Engine,
  readiness: Readiness,
  ref: Observable,
  { containers, volumePresent }: { containers: readonly Docker.ContainerInfo[]; volumePresent: boolean },
  signal: AbortSignal,
): Promise<ObservedInstance> {
  const record = newestOf(containers);
  const listed = containers.find(({ Labels }) => Labels[labels.role] === 'process');
  const process = listed && (await inspectContainer(engine, listed.Id, signal));
  const isAsked = record?.wanted.power === 'on' && process?.State.Running && !process.State.Restarting;
  const notReady =
    record && process && isAsked
      ? await readiness.ask(ref.instanceId, process, record.wanted.template, signal)
      : 'not running';
  if (!process) readiness.forget(ref.instanceId);
  const hasForgotten = process && isAsked && process.RestartCount > 0;
  return joinObserved(ref, {
    record,
    process,
    volumePresent,
    notReady,
    pulling: record && engine.images.pulling(record.wanted.template.image),
    lastExit: hasForgotten ? await lastExitOf(engine, process.Id, signal) : null,
  });
}

/** From the events of the engine, which it keeps for a while. */
async function lastExitOf({ docker, kind }: Engine, id: string, signal: AbortSignal): Promise<number | null> {
  const now = Math.floor(Date.now() / 1000);
  const since = now - 600;
  // Podman gives nothing of the past where an end is named, and knows another word.
  const span = kind === 'podman' ? { since, stream: false } : { since, until: now + 1 };
  const filters = { container: [id], event: [kind === 'podman' ? 'died' : 'die'] };
  const options = { ...span, filters, ...soon(signal) };
  const stream = await docker.getEvents(options as {});
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  const newest = text.trim().split('\n').at(-1);
  if (!newest) return null;
  const event = JSON.parse(newest) as { Actor?: { Attributes?: Record<string, string> } };
  const attributes = event.Actor?.Attributes ?? {};
  const exitCode = Number(attributes['exitCode'] ?? attributes['containerExitCode']);
  return Number.isSafeInteger(exitCode) ? exitCode : null;
}
