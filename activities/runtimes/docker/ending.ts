import type Docker from 'dockerode';

import { soon, type Attempt } from './engine.ts';
import { isMissing, isStatus } from './faults.ts';

export const isLive = ({ Running, Restarting, Paused, Status }: Docker.ContainerInspectInfo['State']): boolean =>
  Running || Restarting || Paused || Status === 'stopping';

/** Somebody has asked for its end: told by the engine, or by what we told the engine before. */
export const isEnding = ({ State, HostConfig }: Docker.ContainerInspectInfo): boolean =>
  State.Status === 'stopping' || State.Status === 'removing' || HostConfig.RestartPolicy?.Name === 'no';

/** Asks the engine to end it; resolves when it has ended. The engine keeps the grace, whatever becomes of us. */
export async function beginEnd(
  { Id, State, HostConfig }: Docker.ContainerInspectInfo,
  graceSeconds: number | undefined,
  { engine, signal }: Pick<Attempt, 'engine' | 'signal'>,
): Promise<void> {
  if (!isLive(State)) return;
  const container = engine.docker.getContainer(Id);
  try {
    // An engine that starts anew starts this one too, unless it is told before. Podman cannot, and has no need to.
    if (engine.kind === 'docker' && HostConfig.RestartPolicy?.Name !== 'no') {
      await container.update({ RestartPolicy: { Name: 'no' }, ...soon(signal) });
    }
    await container.stop(graceSeconds === undefined ? {} : { t: graceSeconds });
  } catch (error) {
    // It has ended, or is gone.
    if (!isMissing(error) && !isStatus(error, 304)) throw error;
  }
}
