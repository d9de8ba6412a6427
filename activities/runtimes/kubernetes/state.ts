import { request, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, StateTool } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { changeFenced, type Attempt } from './fenced.ts';
import { namespaceOf, placeOf, podNameOf } from './names.ts';
import { startStatePod, statePort, type StatePod } from './state-pod.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';
import type { DnsPolicy } from './workload.ts';

const listensWithinMs = 30_000;
const pollMs = 200;
/** What may lie in the tunnel before its source has to wait. */
const pendingBytes = 4 * 1024 * 1024;

export async function readState(
  cluster: Cluster,
  ref: InstanceRef,
  tool: StateTool,
  dnsPolicy: DnsPolicy,
  signal: AbortSignal,
): Promise<Readable> {
  await refuseBesideProcess(cluster, ref, signal);
  const options = { readOnly: true, dnsPolicy, assertValid: () => undefined };
  const pod = await startStatePod(cluster, ref, tool, options, signal);
  const call = await connected(cluster, pod, signal, () => ({ method: 'GET' })).catch(async (error: unknown) => {
    await pod.remove();
    throw error;
  });
  const state = Readable.from(whole(call.answer), { objectMode: false });
  const onAbort = (): void => void state.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  state.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    call.tunnel.close();
    void pod.remove();
  });
  return state;
}

/** Marks the claim with our generation first: an older attempt that wakes up late finds it, and gives up. */
export async function writeState(
  ref: InstanceRef,
  tool: StateTool,
  archive: { content: Readable; sha256: string },
  attempt: Attempt,
  dnsPolicy: DnsPolicy,
): Promise<void> {
  const { cluster, fence, signal } = attempt;
  await changeFenced('PersistentVolumeClaim', placeOf(ref), attempt);
  await refuseBesideProcess(cluster, ref, signal);
  const options = { readOnly: false, dnsPolicy, assertValid: () => fence.assertValid() };
  const pod = await startStatePod(cluster, ref, tool, options, signal);
  try {
    const headers = { 'x-sha256': archive.sha256, 'content-type': 'application/gzip' };
    const upload = { method: 'PUT', headers, content: archive.content };
    const { answer, tunnel } = await connected(cluster, pod, signal, () => (fence.assertValid(), upload));
    try {
      const said = await text(answer);
      if (answer.statusCode !== 200) throw new Problem('backup.failed', `The state could not be put back: ${said}`);
    } catch (error) {
      throw unlessProblem(error, signal);
    } finally {
      tunnel.close();
    }
  } finally {
    await pod.remove();
  }
}

/** Also one that is being ended: it may still write. */
async function refuseBesideProcess(cluster: Cluster, ref: InstanceRef, signal: AbortSignal): Promise<void> {
  const pod = await cluster.get('Pod', namespaceOf(ref.tenantId), podNameOf(ref.instanceId), signal);
  if (pod) throw new Problem('instance.state-conflict', 'A process of the instance is there. Stop it first.');
}

interface Wanted {
  method: string;
  headers?: OutgoingHttpHeaders;
  content?: Readable;
}

/** The program in the pod listens a moment after it has started; what was begun is not begun again. */
async function connected(
  cluster: Cluster,
  { namespace, name }: StatePod,
  signal: AbortSignal,
  wantedOf: () => Wanted,
): Promise<{ answer: IncomingMessage; tunnel: Tunnel }> {
  const deadline = Date.now() + listensWithinMs;
  for (;;) {
    const tunnel = await openTunnel(cluster.access, namespace, name, statePort, signal);
    try {
      await exchange(tunnel, { method: 'GET', path: '/' }, signal).then(text);
      break;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (Date.now() > deadline) throw unlessProblem(error, signal);
    } finally {
      tunnel.close();
    }
    await sleep(pollMs, undefined, { signal });
  }
  const tunnel = await openTunnel(cluster.access, namespace, name, statePort, signal);
  try {
    return { answer: await exchange(tunnel, { ...wantedOf(), path: '/state' }, signal), tunnel };
  } catch (error) {
    tunnel.close();
    throw unlessProblem(error, signal);
  }
}

function exchange(tunnel: Tunnel, wanted: Wanted & { path: string }, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { method, path, headers, content } = wanted;
  const outgoing = request({
    method,
    host: '127.0.0.1',
    port: statePort,
    path,
    headers: { ...headers, connection: 'close' },
    signal,
    createConnection: () => tunnel.stream,
  });
  outgoing.on('error', reject);
  outgoing.on('response', resolve);
  if (content) feed(content, outgoing, tunnel).catch((error: unknown) => outgoing.destroy(error as Error));
  else outgoing.end();
  return promise;
}

/** The client's socket takes whatever it is given, so that somebody has to look at how much that is. */
async function feed(content: Readable, outgoing: ClientRequest, tunnel: Tunnel): Promise<void> {
  for await (const chunk of content) {
    while (tunnel.pendingBytes() > pendingBytes && !outgoing.destroyed) await sleep(10);
    if (outgoing.destroyed) return;
    outgoing.write(chunk);
  }
  outgoing.end();
}

async function* whole(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    if (answer.statusCode !== 200) throw new Problem('backup.failed', await text(answer));
    for await (const chunk of answer) yield chunk as Buffer;
  } catch (error) {
    throw unlessProblem(error);
  }
}

/** A connection that broke, of whatever part of it. */
function unlessProblem(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof Problem) return error;
  if (signal?.aborted) return signal.reason;
  return new Problem('cluster.unavailable', 'The connection to the volume broke off.', { cause: error });
}
