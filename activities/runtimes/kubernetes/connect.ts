import { request, type Agent, type Dispatcher } from 'undici';

import type { Cluster, Query } from './cluster.ts';
import { Connection } from './connection.ts';
import { StatusError } from './faults.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { platformName } from './names.ts';
import { pathOf } from './objects.ts';

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Query;
  body?: unknown;
  signal: AbortSignal;
  /** Asked when a connection is free and the request is about to be written on it. */
  assertValid?: AssertValid;
}

type AssertValid = () => void;

/** How long a stream may be silent, and whether that is a good end of it. */
interface Idle {
  timeoutMs: number;
  isEnd(used: Agent): boolean;
}

/** An output may be quiet, so that silence says nothing of the connection. */
const quietMs = 60_000;

export function connectCluster(access: ClusterAccess, requestTimeoutMs: number): Cluster {
  const open = new Connection(access, { gated: false });
  /** Of its own, so that what a stop of the process undoes are writes alone. */
  const held = new Connection(access, { gated: true });
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': platformName,
  };
  if ('token' in access.identity) headers['authorization'] = `Bearer ${access.identity.token}`;

  const send = async (call: Call, agent: Agent) => {
    const url = new URL(access.server + call.path);
    for (const [key, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const response = await request(url, {
      method: call.method,
      dispatcher: call.assertValid ? agent.compose(asking(call.assertValid)) : agent,
      headers: call.body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal,
      // The signal is the only clock: undici's own would cut off a quiet watch.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (response.statusCode >= 300) throw new StatusError(response.statusCode, await response.body.text());
    return response.body;
  };

  const bounded = async <T>(call: Call, read: (body: Awaited<ReturnType<typeof send>>) => Promise<T>): Promise<T> => {
    const deadline = AbortSignal.timeout(requestTimeoutMs);
    const connection = call.assertValid ? held : open;
    const used = connection.take();
    try {
      return await read(await send({ ...call, signal: AbortSignal.any([call.signal, deadline]) }, used));
    } catch (error) {
      if (deadline.aborted && !call.signal.aborted) connection.leave(used);
      throw error;
    }
  };

  const json = <T>(call: Call): Promise<T> => bounded(call, async (body) => (await body.json()) as T);
  const writing = { fieldManager: platformName, fieldValidation: 'Strict' };

  const writes = (assertValid?: AssertValid): Pick<Cluster, 'create' | 'replace' | 'remove'> => ({
    create: (kind, namespace, body, signal) =>
      json({ method: 'POST', path: pathOf(kind, namespace), query: writing, body, signal, assertValid }),
    replace: (kind, namespace, body, signal) =>
      json({
        method: 'PUT',
        path: pathOf(kind, namespace, body.metadata.name),
        query: writing,
        body,
        signal,
        assertValid,
      }),
    remove: async (kind, namespace, name, { uid, resourceVersion, ...options }, signal) => {
      const preconditions = { uid, resourceVersion };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, ...options };
      const call: Call = { method: 'DELETE', path: pathOf(kind, namespace, name), body, signal, assertValid };
      return (await json<object>(call).catch(undefinedWhenMissing)) !== undefined;
    },
  });

  const stream = async function* (call: Call, idle: Idle): AsyncGenerator<string> {
    const used = open.take();
    const silence = new AbortController();
    const rewind = () => silence.abort(new DOMException('The stream fell silent', 'TimeoutError'));
    let timer = setTimeout(rewind, idle.timeoutMs);
    try {
      const body = await send({ ...call, signal: AbortSignal.any([call.signal, silence.signal]) }, used);
      for await (const line of linesOf(body)) {
        clearTimeout(timer);
        timer = setTimeout(rewind, idle.timeoutMs);
        yield line;
      }
    } catch (error) {
      if (!silence.signal.aborted || !idle.isEnd(used)) throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  const cluster: Cluster = {
    access,
    get: (kind, namespace, name, signal) =>
      json<never>({ method: 'GET', path: pathOf(kind, namespace, name), signal }).catch(undefinedWhenMissing),
    list: (kind, namespace, query, signal) => json({ method: 'GET', path: pathOf(kind, namespace), query, signal }),
    ...writes(),
    text: (path, query, signal) => bounded({ method: 'GET', path, query, signal }, (body) => body.text()),
    lines: async function* (path, query, signal) {
      yield* stream({ method: 'GET', path, query, signal }, { timeoutMs: quietMs, isEnd: () => true });
    },
    watch: async function* (kind, query, idleTimeoutMs, signal) {
      const all = { ...query, watch: true, allowWatchBookmarks: true };
      const call: Call = { method: 'GET', path: pathOf(kind), query: all, signal };
      const leave = (used: Agent): boolean => {
        open.leave(used);
        return false;
      };
      const idle = { timeoutMs: idleTimeoutMs, isEnd: leave };
      for await (const line of stream(call, idle)) yield JSON.parse(line);
    },
    heldBy: (fence) => ({ ...cluster, ...writes(() => fence.assertValid()) }),
    close: async () => {
      await Promise.all([open.close(), held.close()]);
    },
  };
  return cluster;
}

/** What is thrown here ends the request, of which nothing has been written. */
const asking =
  (assertValid: AssertValid): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      assertValid();
      start?.(controller, context);
    };
    return dispatch(options, handler);
  };

function undefinedWhenMissing(error: unknown): undefined {
  if (error instanceof StatusError && error.status === 404) return undefined;
  throw error;
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}
