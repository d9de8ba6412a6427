import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Command, CommandResult } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { inspectContainer, soon, type Engine } from './engine.ts';
import { isMissing, isStatus } from './faults.ts';
import { collected, framesOf } from './frames.ts';
import { isOwn, nameOf } from './names.ts';
import { readRecord } from './record.ts';

const keptBytes = 1_048_576;

/** On all that a command starts, so that it can be found again: an engine cannot end what it has begun this way. */
const marker = 'OCC_COMMAND';

export interface Begun {
  process: Docker.ContainerInspectInfo;
  exec: Docker.Exec;
  /** Ends the command and all that it has started. */
  end(): Promise<void>;
}

/** @throws Problem 'instance.state-conflict' where no process runs */
export async function begin(
  engine: Engine,
  ref: InstanceRef,
  command: string[],
  options: Partial<Docker.ExecCreateOptions>,
  signal: AbortSignal,
): Promise<Begun> {
  const [process, record] = await Promise.all([
    inspectContainer(engine, nameOf(ref), signal),
    readRecord(engine, ref, signal),
  ]);
  if (!process?.State.Running || process.State.Restarting || !record || !isOwn(process.Config.Labels, ref)) {
    throw new Problem('instance.state-conflict', 'The agent does not run.');
  }
  const container = engine.docker.getContainer(process.Id);
  const mark = randomUUID();
  try {
    const begun = await container.exec({
      Cmd: command,
      AttachStdout: true,
      AttachStderr: true,
      ...options,
      Env: [`${marker}=${mark}`, ...(options.Env ?? [])],
      WorkingDir: record.wanted.template.state.mountPath,
      ...soon(signal),
    });
    return { process, exec: begun, end: () => endMarked(container, mark) };
  } catch (error) {
    throw gone(error);
  }
}

export function gone(error: unknown): unknown {
  if (!(isMissing(error) || isStatus(error, 409))) return error;
  return new Problem('instance.state-conflict', 'The agent has just ended.', { cause: error });
}

/** By the image's own shell, as the agent's user; where the image has none the command ends with its container. */
async function endMarked(container: Docker.Container, mark: string): Promise<void> {
  const each = `for place in /proc/[0-9]*; do if grep -qs ${marker}=${mark} "$place/environ"; then kill -9 "\${place#/proc/}"; fi; done`;
  const signal = AbortSignal.timeout(10_000);
  try {
    const ending = await container.exec({
      Cmd: ['sh', '-c', each],
      AttachStdout: true,
      AttachStderr: true,
      ...soon(signal),
    });
    const wire = await ending.start({ hijack: true, stdin: true, ...soon(signal) });
    // To its end: what comes next counts on it.
    await collected(framesOf(wire));
  } catch (error) {
    if (!(isMissing(error) || isStatus(error, 409))) throw error;
  }
}

export async function exec(
  engine: Engine,
  ref: InstanceRef,
  { command, timeoutMs, input }: Command,
  signal: AbortSignal,
): Promise<CommandResult> {
  const stdin = input !== undefined;
  const begun = await begin(engine, ref, command, { AttachStdin: stdin }, signal);
  const clock = AbortSignal.timeout(timeoutMs);
  const bounded = AbortSignal.any([signal, clock]);
  const output = new Tail();
  const errorOutput = new Tail();
  let wire: Duplex | undefined;
  const cut = (): void => void wire?.destroy();
  bounded.addEventListener('abort', cut, { once: true });
  try {
    wire = await begun.exec.start({ hijack: true, stdin: true, ...soon(bounded) }).catch((error: unknown) => {
      throw gone(error);
    });
    // Cut off by us, which shows in the clock.
    wire.on('error', () => undefined);
    if (stdin) wire.end(input);
    for await (const { channel, body } of framesOf(wire)) (channel === 2 ? errorOutput : output).add(body);
  } catch (error) {
    if (!bounded.aborted) throw error;
  } finally {
    bounded.removeEventListener('abort', cut);
    wire?.destroy();
  }
  if (bounded.aborted) {
    await begun.end();
    if (signal.aborted) throw signal.reason;
  }
  const exitCode = clock.aborted ? null : await exitCodeOf(begun.exec, signal);
  const said = output.text();
  // The engine's own words about a program that there is not come as if the program had said them.
  const isEngines = exitCode !== null && [126, 127].includes(exitCode) && said.startsWith('OCI runtime exec failed');
  return isEngines
    ? { exitCode, output: '', errorOutput: said }
    : { exitCode, output: said, errorOutput: errorOutput.text() };
}

/** Null where it is not known any more. */
export async function exitCodeOf(command: Docker.Exec, signal: AbortSignal): Promise<number | null> {
  try {
    for (let looks = 0; looks < 50; looks += 1) {
      const { ExitCode, Running } = await command.inspect(soon(signal) as {});
      if (!Running) return ExitCode;
      // Its output ends a moment before it does.
      await sleep(100, undefined, { signal });
    }
    return null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The newest of it. */
class Tail {
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    while (this.#bytes - (this.#pieces[0]?.length ?? 0) >= keptBytes) this.#bytes -= this.#pieces.shift()?.length ?? 0;
  }

  text(): string {
    return Buffer.concat(this.#pieces).subarray(-keptBytes).toString('utf8');
  }
}
