import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';
import { namesAlong } from '../state-path.ts';
import { Answers } from './answers.ts';
import type { Cluster } from './cluster.ts';
import { filesPod } from './files-pod.ts';
import { findRunningPod } from './running-pod.ts';
import { openSession, type Session } from './session.ts';
import type { DnsPolicy } from './workload.ts';

const program = readFileSync(new URL('state-files.mjs', import.meta.url), 'utf8');
const openings = 5;

const answerSchema = z.looseObject({ code: z.enum(['file.unknown', 'file.path-refused']).optional() });
export type FileAnswer = z.infer<typeof answerSchema>;

/** A program at work on one path of the state. */
export interface FileWork {
  session: Session;
  /** @throws Problem with what it refused, or why there is no answer */
  answer(): Promise<FileAnswer>;
  /** What follows its answers. */
  content(): AsyncGenerator<Buffer>;
}

export interface FileCall {
  cluster: Cluster;
  ref: InstanceRef;
  dnsPolicy: DnsPolicy;
  assertValid: () => void;
  signal: AbortSignal;
}

/** Beside the agent where it runs, otherwise in a pod for the purpose. */
export async function openFileWork(
  what: 'list' | 'read' | 'write' | 'remove',
  path: string,
  call: FileCall,
): Promise<FileWork> {
  const names = JSON.stringify(namesAlong(path));
  const session = await openBeside(
    (root) => ['node', '--input-type=module', '-e', program, '--', root, what, names],
    call,
  );
  const answers = new Answers(session.output);
  const said = text(session.errorOutput);
  said.catch(() => undefined);
  call.signal.addEventListener('abort', session.close, { once: true });
  const forget = (): void => call.signal.removeEventListener('abort', session.close);
  session.exited.then(forget, forget);
  const answer = async (): Promise<FileAnswer> => {
    const line = await answers.line();
    call.signal.throwIfAborted();
    if (line === undefined) throw await endOf(session, said);
    const parsed = answerSchema.parse(line);
    if (parsed.code) throw new Problem(parsed.code);
    return parsed;
  };
  return { session, answer, content: () => answers.rest() };
}

/** The pod may end between the look and the call: then another look helps. */
async function openBeside(commandOf: (root: string) => string[], call: FileCall): Promise<Session> {
  const { cluster, ref, dnsPolicy, assertValid, signal } = call;
  for (let opening = 1; ; opening += 1) {
    const pod =
      (await findRunningPod(cluster, ref, signal)) ?? (await filesPod(cluster, ref, dnsPolicy, assertValid, signal));
    try {
      assertValid();
      return await openSession(cluster, pod, commandOf(pod.statePath), { input: true }, signal);
    } catch (error) {
      const isGone = error instanceof Problem && error.code === 'instance.state-conflict';
      if (!isGone || opening === openings) throw error;
    }
  }
}

async function endOf(session: Session, said: Promise<string>): Promise<Problem> {
  const exitCode = await session.exited;
  if (exitCode === null) return new Problem('cluster.unavailable', 'The connection to the files broke off.');
  if (exitCode === 126 || exitCode === 127) {
    return new Problem(
      'runtime.unsupported',
      'Files are seen to by Node, which the image of this agent does not have.',
    );
  }
  return new Problem('cluster.refused', `The files could not be seen to: ${(await said).trim().slice(-500)}`);
}
