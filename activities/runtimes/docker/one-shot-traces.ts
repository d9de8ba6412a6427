import type { OneShotTrace } from '../runtime.ts';
import { containersWith, removeContainer, type Attempt, type Engine } from './engine.ts';
import { labels } from './names.ts';

export async function listOneShots(engine: Engine, signal: AbortSignal): Promise<OneShotTrace[]> {
  const containers = await containersWith(engine, { [labels.role]: 'one-shot' }, signal);
  return containers.map(({ Id, Names, Labels, Created }) => ({
    tenantId: Labels[labels.tenant] ?? '',
    name: (Names[0] ?? '').replace(/^\//, ''),
    uid: Id,
    operationId: Labels[labels.operation] ?? null,
    createdAt: new Date(Created * 1000).toISOString(),
  }));
}

/** By its id, which another one of its name has not. */
export async function removeOneShot({ uid }: OneShotTrace, { engine, fence, signal }: Attempt): Promise<void> {
  fence.assertValid();
  await removeContainer(engine, uid, { force: true }, signal);
}
