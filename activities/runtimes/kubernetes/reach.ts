import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { Duplex } from 'node:stream';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { AgentRequest, AgentResponse, InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { placeOf, podNameOf } from './names.ts';
import { openTunnel } from './tunnel.ts';

/** Which way leads to agents; without any, a tunnel through the API server. */
export interface AgentRoute {
  inCluster: boolean;
  agentAddress: string | undefined;
}

const maximumBodyBytes = 16 * 1024 * 1024;

/**
 * One HTTP call to an agent. Whatever goes wrong on the way, other than the caller's cancellation, is
 * 'agent.unreachable', but for missing rights; neither headers nor body of the request get into an error.
 */
export async function reach(
  cluster: Cluster,
  ref: InstanceRef,
  port: number,
  call: AgentRequest,
  { inCluster, agentAddress }: AgentRoute,
  signal: AbortSignal,
): Promise<AgentResponse> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(call.timeoutMs)]);
  const { namespace, name } = placeOf(ref);
  if (agentAddress !== undefined || inCluster) {
    const base = agentAddress?.replace('{instanceId}', ref.instanceId) ?? `http://${name}.${namespace}.svc:${port}`;
    return exchange(call, { base }, bounded).catch((error: unknown) => {
      throw unreachable(error, signal);
    });
  }
  const tunnel = await openTunnel(cluster.access, namespace, podNameOf(ref.instanceId), port, bounded).catch(
    (error: unknown) => {
      throw unreachable(error, signal);
    },
  );
  try {
    return await exchange(call, { base: `http://127.0.0.1:${port}`, stream: tunnel.stream }, bounded);
  } catch (error) {
    throw unreachable(error, signal, tunnel.fault());
  } finally {
    tunnel.close();
  }
}

function exchange(
  call: AgentRequest,
  { base, stream }: { base: string; stream?: Duplex },
  signal: AbortSignal,
): Promise<AgentResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<AgentResponse>();
  const url = new URL(base.replace(/\/+$/, '') + call.path);
  const outgoing = (url.protocol === 'https:' ? requestSecurely : request)(url, {
    method: call.method,
    headers: { ...call.headers, connection: 'close' },
    signal,
    ...(stream ? { createConnection: () => stream } : { agent: false }),
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

function unreachable(error: unknown, signal: AbortSignal, fault = ''): unknown {
  if (signal.aborted) return signal.reason;
  if (/server response: 40[13]$/.test(messageOf(error))) {
    return new Problem('cluster.denied', 'The cluster does not let the platform open a tunnel to the agent.', {
      cause: error,
    });
  }
  // The node's sentence names its own paths and ids.
  const message = fault.includes('connection refused')
    ? 'nothing listens on its port.'
    : fault.slice(0, 200) || messageOf(error);
  return new Problem('agent.unreachable', message ? `The agent does not answer: ${message}` : undefined, {
    cause: error,
  });
}

/** A socket's error event, a network error with its code, or a timeout. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message : '';
}
