import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { keyPair } from './certificates.ts';
import type { Layout } from './layout.ts';

export type ApiAnswer = { status: number; body: unknown };
type RequestOptions = { body?: unknown; contentType?: string; timeoutMs?: number };

/** The little of the Kubernetes API that running a Kubernetes needs, as its administrator. */
export type ClusterApi = {
  /** Rejects when there is no answer in time; every answer, also an error's, is returned. */
  call: (method: string, path: string, options?: RequestOptions) => Promise<ApiAnswer>;
  /** Creates or changes an object to be as given (server-side apply). */
  apply: (path: string, object: unknown) => Promise<void>;
  close: () => void;
};

export function connectToApi(layout: Layout): ClusterApi {
  const admin = keyPair(layout, 'admin');
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 4,
    ca: readFileSync(keyPair(layout, 'cluster-authority').certificate),
    cert: readFileSync(admin.certificate),
    key: readFileSync(admin.key),
  });
  const call: ClusterApi['call'] = (
    method,
    path,
    { body, contentType = 'application/json', timeoutMs = 10_000 } = {},
  ) => {
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const target = { host: '127.0.0.1', port: layout.ports.apiServer, path, method, agent };
    const headers = { accept: 'application/json', 'content-type': contentType };
    const sent = request({ ...target, headers, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body: parseIfJson(Buffer.concat(chunks).toString()),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  };
  const apply = async (path: string, object: unknown) => {
    const query = 'fieldManager=occ-local-kubernetes&force=true';
    const options = { body: object, contentType: 'application/apply-patch+yaml' };
    expectSuccess(await call('PATCH', `${path}?${query}`, options), `apply ${path}`);
  };
  return { call, apply, close: () => agent.destroy() };
}

/** `/readyz` and the like answer with plain text. */
function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @throws Error with the API's own message when the answer is not a success */
export function expectSuccess(answer: ApiAnswer, action: string): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const message = (answer.body as { message?: string } | undefined)?.message ?? String(answer.body);
  throw new Error(`${action}: the API server answered ${answer.status}: ${message}`);
}
