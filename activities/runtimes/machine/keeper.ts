import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { broken, FaultMessage, problemOfFault } from './faults.ts';
import { encodeMessage, framesOf, frameTypes } from './frames.ts';
import type { Host, Program } from './host.ts';
import { installProgram, keeper as sources, supervisor } from './keeper-sources.ts';
import { openLine, type Line } from './line.ts';

const answersWithinMs = 60_000;
/** The first time supervisord is installed. */
const connectsWithinMs = 180_000;

export interface KeeperOptions {
  directory: string;
  python: string;
  /** For what several directories can share: supervisord. Left out: below the directory. */
  cache: string | undefined;
}

/** The driver's part on the machine: questions and answers over one program, and a program for each long answer. */
export interface Keeper {
  call<T>(verb: string, args: object, answer: z.ZodType<T>, signal: AbortSignal): Promise<T>;
  open(verb: string, args: object, signal: AbortSignal): Promise<Line>;
  /** Of what the machine is: as told when the connection came about. */
  facts(signal: AbortSignal): Promise<MachineFacts>;
  close(): Promise<void>;
}

const Facts = z.object({ version: z.string(), enforced: z.boolean() });
export type MachineFacts = z.infer<typeof Facts>;

const Answer = z.object({ id: z.int(), ok: z.unknown().optional(), fault: FaultMessage.optional() });
const Installed = z.object({ python: z.string(), folder: z.string() });

interface Connection {
  /** The words that its programs begin with. */
  command: readonly string[];
  program: Program;
  waiting: Map<number, PromiseWithResolvers<unknown>>;
  facts: MachineFacts;
}

export function openKeeper(host: Host, { directory, python, cache }: KeeperOptions): Keeper {
  let connecting: Promise<Connection> | undefined;
  /** The newest: an older one that ends late must not take it along. */
  let live: Connection | undefined;
  let lastId = 0;

  /** Not by the signal of whoever asks first: others wait for it, too. */
  const connected = (): Promise<Connection> => {
    connecting ??= connect().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };

  async function connect(): Promise<Connection> {
    const deadline = AbortSignal.timeout(connectsWithinMs);
    const installed = await install(host, python, directory, deadline);
    const command = [installed.python, '-E', '-s', installed.folder];
    const program = await host.start([...command, 'serve', directory], deadline);
    const connection: Connection = { command, program, waiting: new Map(), facts: { version: '', enforced: false } };
    live = connection;
    listen(connection).catch(() => undefined);
    const { requirements, version: supervisorVersion } = supervisor;
    const args = { ...host.tools, requirements, supervisorVersion, cache };
    try {
      connection.facts = Facts.parse(await ask(connection, 'connect', args, deadline));
    } catch (error) {
      program.end();
      throw error;
    }
    return connection;
  }

  async function listen(connection: Connection): Promise<void> {
    const { program, waiting } = connection;
    try {
      for await (const frame of framesOf(program.output)) {
        if (frame.type !== frameTypes.message) continue;
        const { id, ok, fault } = Answer.parse(JSON.parse(frame.payload.toString('utf8')));
        const asked = waiting.get(id);
        waiting.delete(id);
        if (fault) asked?.reject(problemOfFault(fault));
        else asked?.resolve(ok);
      }
    } finally {
      if (live === connection) connecting = undefined;
      program.end();
      const { errorOutput } = await program.ended;
      for (const asked of waiting.values()) asked.reject(broken(errorOutput));
      waiting.clear();
    }
  }

  async function ask({ program, waiting }: Connection, verb: string, args: object, signal: AbortSignal) {
    signal.throwIfAborted();
    const id = (lastId += 1);
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    const onAbort = (): void => asked.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      program.input.write(encodeMessage({ id, verb, args }));
      return await asked.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      waiting.delete(id);
    }
  }

  return {
    async call(verb, args, answer, signal) {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(answersWithinMs)]);
      return answer.parse(await ask(await unless(signal, connected()), verb, args, bounded));
    },
    async open(verb, args, signal) {
      const { command } = await unless(signal, connected());
      return openLine(await host.start([...command, 'stream', directory], signal), { verb, ...args }, signal);
    },
    facts: async (signal) => (await unless(signal, connected())).facts,
    async close() {
      const last = await connecting?.catch(() => undefined);
      last?.program.end();
      await last?.program.ended;
      await host.close();
    },
  };
}

async function install(host: Host, python: string, directory: string, signal: AbortSignal) {
  const program = await host.start([python, '-E', '-s', '-c', installProgram, directory, sources.folder], signal);
  program.input.end(JSON.stringify(sources.files));
  const [said, { exitCode, errorOutput }] = await Promise.all([text(program.output), program.ended]);
  if (exitCode === 0) return Installed.parse(JSON.parse(said));
  if (exitCode === null) throw broken(errorOutput);
  throw new Problem('cluster.refused', `The machine cannot be prepared: ${errorOutput.slice(-500)}`);
}

/** The connection is everybody's; the wait for it is one's own. */
async function unless<T>(signal: AbortSignal, shared: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
