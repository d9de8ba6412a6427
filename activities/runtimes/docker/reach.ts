import { request, type IncomingMessage } from 'node:http';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentRequest, AgentResponse, InstanceRef } from '../runtime.ts';
import { inspectContainer, type Engine } from './engine.ts';
import { problemOf } from './faults.ts';
import { isOwn, nameOf } from './names.ts';
import { publishedPortOf } from './probe.ts';

const maximumBodyBytes = 16 * 1024 * 1024;

/**
 * One HTTP call to an agent, on the port of this machine that the engine has published it at. Whatever goes wrong on the
 * way is 'agent.unreachable'; neither headers nor body of the request get into an error.
 */
export async function reach(
  engine: Engine,
  ref: InstanceRef,
  port: number,
  call: AgentRequest,
  signal: AbortSignal,
): Promise<AgentResponse> {
  const process = await inspectContainer(engine, nameOf(ref), signal).catch((error: unknown) => {
    const problem = problemOf(error, signal);
    throw problem instanceof Problem && problem.code === 'cluster.unavailable' ? unreachable(error, signal) : problem;
  });
  const published = process && isOwn(process.Config.Labels, ref) ? publishedPortOf(process, port) : undefined;
  if (published === undefined) throw new Problem('agent.unreachable', 'The agent does not run.');
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(call.timeoutMs)]);
  return exchange(published, call, bounded).catch((error: unknown) => {
    throw unreachable(error, signal);
  });
}

function exchange(port: number, call: AgentRequest, signal: AbortSignal): Promise<AgentResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<AgentResponse>();
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method: call.method,
    path: call.path,
    headers: { ...call.headers, connection: 'close' },
    agent: false,
    signal,
  });
  outgoing.on('error', reject);
  outgoing.on('response', (incoming) => {
    readBody(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject);
  });
  outgoing.end(call.body);
  return promise;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maximumBodyBytes) throw new Error('The answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function unreachable(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const said = code === 'ECONNREFUSED' ? 'nothing listens on its port' : textOf(code) || textOf(message);
  return new Problem('agent.unreachable', `The agent does not answer: ${said}.`, { cause: error });
}
