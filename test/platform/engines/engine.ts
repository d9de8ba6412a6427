import { createReadStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { runCommand } from '../../../deploy/local/kubernetes/command.ts';
import { localProcess, startAndWait, type LocalProcess } from '../../../deploy/local/process.ts';
import { findOnPath } from '../../../deploy/local/kubernetes/programs.ts';

export interface TestEngine {
  socketPath: string;
  process: LocalProcess;
  /** Starts it, again after it was killed, and waits until it answers. */
  start(): Promise<void>;
  /** Puts an image in, as `docker load` does. */
  load(archive: string): Promise<void>;
  /** Ends all that runs on it, then itself. */
  stop(): Promise<void>;
}

export interface EngineProgram {
  name: string;
  directory: string;
  program: string;
  args(socketPath: string): string[];
  env: NodeJS.ProcessEnv;
  /** Files with the numbers of helpers that die with it, and that nobody may have buried: it takes them for alive. */
  leftByKill?: readonly string[];
  /** What it leaves on the machine, once it is gone. */
  clearUp(): Promise<void>;
}

const answersWithinMs = 60_000;

/** An engine of its own in a throw-away directory. */
export function engineOf({ name, directory, program, args, env, leftByKill = [], clearUp }: EngineProgram): TestEngine {
  mkdirSync(directory, { recursive: true });
  // Short: the path of a socket has little room.
  const socketPath = join(directory, 's');
  const docker = new Docker({ socketPath });
  const path = findOnPath(program);
  if (!path) throw new Error(`${program} is not installed`);
  const process_ = localProcess({
    name,
    directory,
    command: path,
    args: args(socketPath),
    cwd: directory,
    env: { ...process.env, ...env },
    stopSignal: 'SIGTERM',
    graceMs: 30_000,
  });
  const answers = async (signal: AbortSignal): Promise<void> => {
    for (const deadline = Date.now() + answersWithinMs; ;) {
      try {
        await docker.ping();
        return;
      } catch (error) {
        if (signal.aborted || Date.now() > deadline) throw error;
      }
      await sleep(100);
    }
  };
  return {
    socketPath,
    process: process_,
    start: async () => {
      // One that was killed has left its number, and with it helpers that it finds again: they are not to be ended.
      for (const left of [`${name}.pid`, ...leftByKill]) rmSync(join(directory, left), { force: true });
      await startAndWait(process_, answers);
    },
    load: async (archive) => {
      const said = await docker.loadImage(createReadStream(archive));
      for await (const chunk of said as AsyncIterable<Buffer>) {
        if (String(chunk).includes('"error"')) throw new Error(String(chunk));
      }
    },
    stop: async () => {
      if (process_.pid() !== undefined) await removeAll(docker);
      await process_.stop();
      await clearUp();
      await unmountBelow(directory);
    },
  };
}

/** What it has mounted, the innermost first. */
async function unmountBelow(directory: string): Promise<void> {
  const places = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${directory}/`));
  for (const place of places.toReversed()) await runCommand('umount', ['-l', place]);
}

/** Containers hold ports and networks, and networks hold rules of the packet filter. */
async function removeAll(docker: Docker): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
  for (const { Id, Name } of await docker.listNetworks()) {
    if (!['bridge', 'host', 'none', 'podman'].includes(Name)) await docker.getNetwork(Id).remove();
  }
}
