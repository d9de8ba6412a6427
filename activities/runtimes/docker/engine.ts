import Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fence } from '../runtime.ts';
import { isMissing, isStatus } from './faults.ts';
import { EngineAgent } from './gate.ts';
import { Images } from './images.ts';
import { carries, withLabels } from './names.ts';

export type EngineKind = 'docker' | 'podman';

/** One engine behind its socket. */
export interface Engine {
  readonly kind: EngineKind;
  readonly clusterId: string;
  readonly docker: Docker;
  readonly images: Images;
  /** The same engine for whoever holds that right to write: each request asks for it last thing before it is sent. */
  heldBy(fence: Pick<Fence, 'assertValid'>): Engine;
}

/** One attempt of one operation, at work on one engine. */
export interface Attempt {
  /** For writes. */
  engine: Engine;
  fence: Fence;
  signal: AbortSignal;
}

const requestTimeoutMs = 30_000;

export function connectEngine(options: { kind: EngineKind; clusterId: string; socketPath: string }): Engine {
  const { kind, clusterId, socketPath } = options;
  const dial = (assertValid?: () => void) =>
    endingWithItsSignal(new Docker({ socketPath, agent: new EngineAgent(assertValid) } as Docker.DockerOptions));
  const docker = dial();
  const engine: Engine = {
    kind,
    clusterId,
    docker,
    images: new Images(docker),
    heldBy: (fence) => ({ ...engine, docker: dial(() => fence.assertValid()) }),
  };
  return engine;
}

interface Dial {
  (options: { abortSignal?: AbortSignal }, callback: (error: unknown, answer: unknown) => void): void;
}

/** The client never calls back where an answer breaks off after its head, not even when its request is given up. */
function endingWithItsSignal(docker: Docker): Docker {
  const modem = docker.modem as unknown as { dial: Dial };
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    const signal = options.abortSignal;
    const abort = (): void => settle(signal?.reason, null);
    let isSettled = false;
    const settle = (error: unknown, answer: unknown): void => {
      if (isSettled) return;
      isSettled = true;
      signal?.removeEventListener('abort', abort);
      callback(error, answer);
    };
    signal?.addEventListener('abort', abort, { once: true });
    dial(options, settle);
  };
  return docker;
}

/** For a request that an engine in order answers at once. */
export const soon = (signal: AbortSignal): { abortSignal: AbortSignal } => ({
  abortSignal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
});

export const undefinedWhenMissing = (error: unknown): undefined => {
  if (isMissing(error)) return undefined;
  throw error;
};

export const inspectContainer = (
  { docker }: Pick<Engine, 'docker'>,
  name: string,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo | undefined> =>
  docker.getContainer(name).inspect(soon(signal)).catch(undefinedWhenMissing);

/** In whatever state. */
export async function containersWith(
  { docker }: Pick<Engine, 'docker'>,
  wanted: Record<string, string>,
  signal: AbortSignal,
): Promise<Docker.ContainerInfo[]> {
  const found = await docker.listContainers({ all: true, filters: withLabels(wanted), ...soon(signal) });
  return found.filter(({ Labels }) => carries(Labels, wanted));
}

/** @throws Problem 'cluster.refused' where a volume of that name is somebody else's */
export async function ensureVolume(
  { docker }: Engine,
  name: string,
  labels: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const present = await docker.getVolume(name).inspect(soon(signal)).catch(undefinedWhenMissing);
  if (!present) {
    await docker.createVolume({ Name: name, Driver: 'local', Labels: labels, ...soon(signal) } as {});
    return;
  }
  const foreign = Object.entries(labels).some(
    ([key, value]) => /\/(managed-by|tenant|instance|role)$/.test(key) && present.Labels?.[key] !== value,
  );
  if (foreign) throw new Problem('cluster.refused', `Volume ${name} exists and is not the platform’s.`);
}

/** Removes exactly that container, in whatever state, and volumes without a name with it. */
export async function removeContainer(
  { docker }: Pick<Engine, 'docker'>,
  id: string,
  { force }: { force: boolean },
  signal: AbortSignal,
): Promise<void> {
  try {
    await docker.getContainer(id).remove({ force, v: true, ...soon(signal) });
  } catch (error) {
    // Gone, or somebody else is removing it.
    if (isMissing(error) || (isStatus(error, 409) && /in progress/i.test(error.message))) return;
    throw error;
  }
}

/** Nothing where it is gone. @returns false where something still uses it */
export async function removeVolume({ docker }: Engine, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await docker.getVolume(name).remove(soon(signal));
  } catch (error) {
    if (isStatus(error, 409) || (isStatus(error, 500) && /in use|being used/.test(error.message))) return false;
    undefinedWhenMissing(error);
  }
  return true;
}
