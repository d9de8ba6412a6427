import { readFileSync } from 'node:fs';
import { PassThrough, type Duplex, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';
import { confined } from './confined.ts';
import { containersWith, inspectContainer, removeContainer, soon, type Engine } from './engine.ts';
import { isNameTaken } from './faults.ts';
import { framesOf } from './frames.ts';
import { labels, tenantLabels } from './names.ts';
import { beginning, drained, feed, requireWell, verdictIn } from './tool-wire.ts';

const program = readFileSync(new URL('state-tool.mjs', import.meta.url), 'utf8');
const mebibyte = 1_048_576;
/** After its verdict. */
const endsWithinMs = 2_000;
const clearsUpWithinMs = 5_000;
const nameFreeWithinMs = 15_000;
const pollMs = 200;

export interface Task {
  verb: 'read-state' | 'write-state' | 'list' | 'read' | 'write' | 'remove';
  path?: string;
  sha256?: string;
  leftOut?: readonly string[];
}

export interface ToolBox {
  ref: InstanceRef;
  image: string;
  user: { uid: number; gid: number };
  /** Of the state. */
  volume: string;
  /** Where the agent has it: its links may name that. */
  mountPath: string;
  /** The one that has this name is replaced: it may be in the middle of something. Left out: a name of its own. */
  name?: string;
}

/**
 * A program in a short container with nothing but the state: whatever a path in it leads to, it is never more than the
 * state and the image. The container goes with its program.
 * @returns its output, which fails where the program has not ended well
 */
export async function runTool(
  engine: Engine,
  { ref, image, user, volume, mountPath, name }: ToolBox,
  task: Task,
  content: Readable | undefined,
  signal: AbortSignal,
): Promise<Readable> {
  const readOnly = ['read-state', 'list', 'read'].includes(task.verb);
  const options: Docker.ContainerCreateOptions = {
    ...(name && { name }),
    Image: image,
    Entrypoint: ['node', '--input-type=module', '-e', program],
    Cmd: [],
    User: `${user.uid}:${user.gid}`,
    WorkingDir: '/',
    Env: [`TASK=${JSON.stringify({ ...task, root: mountPath, beginning })}`],
    // Listed among the short processes, so that one whose start never came is cleared away as well.
    Labels: tenantLabels(engine.clusterId, 'one-shot', ref.tenantId),
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    StopTimeout: 1,
    HostConfig: {
      ...confined,
      AutoRemove: true,
      NetworkMode: 'none',
      // What goes over the wire is not to be kept as a log.
      LogConfig: { Type: 'none', Config: {} },
      Memory: 256 * mebibyte,
      MemorySwap: 256 * mebibyte,
      Mounts: [{ Type: 'volume', Source: volume, Target: mountPath, ReadOnly: readOnly }],
    },
  };
  const container = await create(engine, options, signal);
  try {
    const attached = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true, abortSignal: signal };
    const wire = (await container.attach(attached)) as unknown as Duplex;
    await container.start(soon(signal));
    return outputOf(engine, container, wire, content, signal);
  } catch (error) {
    await discard(engine, container.id);
    throw error;
  }
}

const brokenOff = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem('cluster.unavailable', 'The connection to the volume broke off.', { cause: error });

function outputOf(
  engine: Engine,
  { id }: Docker.Container,
  wire: Duplex,
  content: Readable | undefined,
  signal: AbortSignal,
): Readable {
  const output = new PassThrough();
  const abort = (): void => void wire.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const feeding = content ? feed(content, wire) : Promise.resolve();
  // Told by what comes back, or by the lack of it.
  let senderFault: unknown;
  feeding.catch((error: unknown) => wire.destroy((senderFault = error) as Error));
  const reading = async (): Promise<void> => {
    let errors = '';
    let bytes = 0;
    let impatience: NodeJS.Timeout | undefined;
    const isAllSaid = () => verdictIn(errors)?.outputBytes === bytes;
    try {
      for await (const { channel, body } of framesOf(wire)) {
        if (channel === 2) errors = (errors + body.toString('utf8')).slice(-4000);
        else {
          bytes += body.length;
          if (!output.write(Buffer.from(body)) && !output.destroyed) await drained(output);
        }
        if (output.destroyed) return;
        // A busy engine has kept a container for minutes whose program had said its last word.
        if (isAllSaid()) impatience ??= setTimeout(() => wire.destroy(), endsWithinMs);
      }
    } catch (error) {
      // A program that refuses may go while something is still sent to it: the connection breaks, the verdict is there.
      if (signal.aborted) throw signal.reason;
      // Nobody knows what it has come to: worth another attempt.
      if (!isAllSaid()) throw error === senderFault ? error : brokenOff(error);
    } finally {
      clearTimeout(impatience);
    }
    requireWell(errors);
  };
  reading()
    .then(() => feeding)
    .then(
      () => output.end(),
      (error: unknown) => output.destroy((signal.aborted ? signal.reason : error) as Error),
    )
    .finally(() => {
      signal.removeEventListener('abort', abort);
      wire.destroy();
      void discard(engine, id, clearsUpWithinMs);
    });
  return output;
}

/** By its own right: exactly that container, which mostly is gone, or about to clear up and go. */
async function discard(engine: Engine, id: string, patienceMs = 0): Promise<void> {
  const unconditional = engine.heldBy({ assertValid: () => undefined });
  const signal = AbortSignal.timeout(patienceMs + 10_000);
  const remove = async (): Promise<void> => {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
      if (!(await inspectContainer(unconditional, id, signal))) return;
      await sleep(pollMs, undefined, { signal });
    }
    await removeContainer(unconditional, id, { force: true }, signal);
  };
  await remove().catch((error: unknown) => {
    process.emitWarning(`Container ${id} is left behind`, { detail: String(error) });
  });
}

/** The name is free once the one before is gone, which takes a moment. */
async function create(
  engine: Engine,
  options: Docker.ContainerCreateOptions,
  signal: AbortSignal,
): Promise<Docker.Container> {
  for (const deadline = Date.now() + nameFreeWithinMs; ;) {
    if (options.name) await removeLeft(engine, options.name, signal);
    try {
      return await engine.docker.createContainer({ ...options, ...soon(signal) });
    } catch (error) {
      if (!isNameTaken(error) || Date.now() > deadline) throw error;
    }
    await sleep(pollMs, undefined, { signal });
  }
}

async function removeLeft(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  const all = await containersWith(engine, { [labels.role]: 'one-shot' }, signal);
  for (const { Id } of all.filter(({ Names }) => Names.includes(`/${name}`)))
    await removeContainer(engine, Id, { force: true }, signal);
}
