import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import type { ObservedInstance, WatchHandlers } from '../runtime.ts';
import { containersWith, type Engine } from './engine.ts';
import { isOwn, labels, platformName } from './names.ts';
import { observe, observeFound } from './observe.ts';
import type { Readiness } from './probe.ts';
import { volumesWith } from './tenant-space.ts';

const firstDelayMs = 250;
const maximumDelayMs = 30_000;
/** Readiness is no event: it is asked for this often, where an agent runs. */
const lookEveryMs = 1_000;
/** What was missed is found again by then. */
const relistMs = 10 * 60_000;
const atOnce = 4;

type Subject = Pick<ObservedInstance, 'instanceId' | 'tenantId'>;

/**
 * Events tell which instance to look at; a list tells what was missed, after each lost connection too. The events are
 * opened first, so that nothing falls between them and the list. Never throws.
 */
export async function watchInstances(
  engine: Engine,
  readiness: Readiness,
  handlers: WatchHandlers,
  signal: AbortSignal,
): Promise<void> {
  let delayMs = 0;
  while (!signal.aborted) {
    const ending = new AbortController();
    const scope = AbortSignal.any([signal, ending.signal]);
    try {
      await watchOnce(
        engine,
        readiness,
        { ...handlers, onSnapshot: (all) => ((delayMs = 0), handlers.onSnapshot(all)) },
        scope,
      );
    } catch (error) {
      if (signal.aborted) return;
      handlers.onLost(error);
      delayMs = Math.min(maximumDelayMs, (delayMs || firstDelayMs) * 2);
      await sleep(delayMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    } finally {
      ending.abort();
    }
  }
}

async function watchOnce(
  engine: Engine,
  readiness: Readiness,
  handlers: Pick<WatchHandlers, 'onSnapshot' | 'onChange'>,
  signal: AbortSignal,
): Promise<void> {
  const filters = { type: ['container'], label: [`${labels.managedBy}=${platformName}`] };
  const events = await engine.docker.getEvents({ filters, abortSignal: signal } as {});
  const due = new Map<string, Subject>();
  let wake = Promise.withResolvers<void>();
  const reading = readEvents(events as AsyncIterable<unknown>, (subject) => {
    due.set(subject.instanceId, subject);
    wake.resolve();
  });
  const told = new Map<string, string>();
  const running = new Map<string, Subject>();
  const keep = (instance: ObservedInstance): boolean => {
    const { instanceId, tenantId, exists, processPresent, volumePresent } = instance;
    if (processPresent || instance.power === 'on') running.set(instanceId, { instanceId, tenantId });
    else running.delete(instanceId);
    const said = JSON.stringify(instance);
    const isNews = told.get(instanceId) !== said;
    if (exists || processPresent || volumePresent) told.set(instanceId, said);
    else told.delete(instanceId);
    return isNews;
  };
  const tell = async (subject: Subject): Promise<void> => {
    const wasKnown = told.has(subject.instanceId);
    const instance = await observe(engine, readiness, subject, signal);
    const isNews = keep(instance);
    if (isNews && (wasKnown || told.has(subject.instanceId))) handlers.onChange(instance);
  };
  const looking = async (): Promise<void> => {
    const all = await listAll(engine, readiness, signal);
    all.forEach(keep);
    handlers.onSnapshot(all);
    const listedAt = Date.now();
    let lookedAt = listedAt;
    while (Date.now() - listedAt < relistMs) {
      const pause = new AbortController();
      await Promise.race([
        wake.promise,
        sleep(lookEveryMs, undefined, { signal: AbortSignal.any([signal, pause.signal]) }).catch(() => undefined),
      ]);
      pause.abort();
      signal.throwIfAborted();
      wake = Promise.withResolvers<void>();
      const isTime = Date.now() - lookedAt >= lookEveryMs;
      if (isTime) for (const subject of running.values()) due.set(subject.instanceId, subject);
      const subjects = [...due.values()];
      due.clear();
      await inTurn(subjects, tell);
      if (isTime) lookedAt = Date.now();
    }
  };
  await Promise.race([reading, looking()]);
}

/** @throws when it ends: an engine ends it only with itself */
async function readEvents(events: AsyncIterable<unknown>, onSubject: (subject: Subject) => void): Promise<never> {
  let rest = '';
  for await (const chunk of events) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const event = JSON.parse(line) as { Actor?: { Attributes?: Record<string, string> } };
      const { [labels.instance]: instanceId, [labels.tenant]: tenantId } = event.Actor?.Attributes ?? {};
      if (instanceId && tenantId) onSubject({ instanceId, tenantId });
    }
  }
  throw Object.assign(new Error('The engine has ended its events.'), { code: 'ECONNRESET' });
}

async function listAll(engine: Engine, readiness: Readiness, signal: AbortSignal): Promise<ObservedInstance[]> {
  const [containers, volumes] = await Promise.all([
    containersWith(engine, {}, signal),
    volumesWith(engine, { [labels.role]: 'state' }, signal),
  ]);
  const byInstance = Map.groupBy(containers, ({ Labels }) => Labels[labels.instance]);
  const subjects = new Map<string, Subject>();
  for (const { Labels } of [...containers, ...volumes] as { Labels: Docker.ContainerInfo['Labels'] }[]) {
    const { [labels.instance]: instanceId, [labels.tenant]: tenantId } = Labels;
    if (instanceId && tenantId) subjects.set(instanceId, { instanceId, tenantId });
  }
  const all: ObservedInstance[] = [];
  await inTurn([...subjects.values()], async (subject) => {
    const found = {
      containers: (byInstance.get(subject.instanceId) ?? []).filter(({ Labels }) => isOwn(Labels, subject)),
      volumePresent: volumes.some(
        ({ Labels }) => Labels[labels.instance] === subject.instanceId && isOwn(Labels, subject),
      ),
    };
    all.push(await observeFound(engine, readiness, subject, found, signal));
  });
  return all;
}

/** A few at a time. */
async function inTurn<T>(subjects: readonly T[], visit: (subject: T) => Promise<void>): Promise<void> {
  const left = [...subjects];
  const walk = async (): Promise<void> => {
    for (let subject = left.shift(); subject !== undefined; subject = left.shift()) await visit(subject);
  };
  await Promise.all(Array.from({ length: atOnce }, walk));
}
