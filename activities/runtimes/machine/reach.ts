import { request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentRequest, AgentResponse, InstanceRef } from '../runtime.ts';
import { identityOf } from './fenced.ts';
import type { Host } from './host.ts';
import type { Keeper } from './keeper.ts';

const maximumBodyBytes = 16 * 1024 * 1024;
const Ports = z.object({ port: z.int().nullable(), specified: z.int() });

/**
 * One HTTP call to an agent, at the port that it has on this machine. Whatever goes wrong on the way, other than the
 * caller's cancellation, is 'agent.unreachable'; neither headers nor body of the request get into an error.
 */
export async function reach(
  { keeper, host }: { keeper: Keeper; host: Host },
  ref: InstanceRef,
  port: number,
  call: AgentRequest,
  signal: AbortSignal,
): Promise<AgentResponse> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(call.timeoutMs)]);
  let stream: Duplex | undefined;
  try {
    const ports = await keeper.call('port', identityOf(ref), Ports, bounded);
    // A program that listens somewhere else too is not told apart from a neighbour's.
    if (port !== ports.specified || ports.port === null) throw new Error('it has no such port on this machine');
    stream = await host.connect(ports.port, bounded);
    return await exchange(call, ports.port, stream, bounded);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Problem && error.code !== 'instance.state-conflict') throw error;
    throw new Problem('agent.unreachable', `The agent does not answer: ${messageOf(error)}`, { cause: error });
  } finally {
    stream?.destroy();
  }
}

function exchange(call: AgentRequest, port: number, stream: Duplex, signal: AbortSignal): Promise<AgentResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<AgentResponse>();
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: call.path,
    method: call.method,
    headers: { ...call.headers, connection: 'close' },
    signal,
    createConnection: () => stream,
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

function messageOf(error: unknown): string {
  if (error instanceof Problem) return error.detail ?? '';
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.message;
}
