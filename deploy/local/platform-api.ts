import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Administrator } from './product-tasks.ts';

interface Reply {
  status: number;
  etag: string | undefined;
  body: unknown;
}

export interface PlatformApi {
  get(path: string): Promise<Reply>;
  post(path: string, body: unknown): Promise<Reply>;
  /** Reads, then changes what was read; repeats while somebody else changes it in between. */
  patch(path: string, body: unknown): Promise<Reply>;
  /** Changes what was read before, and only that. */
  patchGeneration(path: string, generation: number, body: unknown): Promise<Reply>;
}

/** A refusal of the api, in its own words. */
export class ApiRefusal extends Error {
  readonly status: number;
  constructor(call: string, { status, body }: Reply) {
    const { title, detail, code } = (body ?? {}) as { title?: string; detail?: string; code?: string };
    super(`${call} answers ${status}: ${[detail ?? title, code].filter(Boolean).join(' ')}`);
    this.status = status;
  }
}

/** The product's REST API as its administrator. A token that has run out is renewed. */
export function platformApi(url: string, { name, password }: Administrator): PlatformApi {
  let token: string | undefined;

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? undefined,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  }

  async function signIn(): Promise<void> {
    token = undefined;
    const reply = await send('POST', '/auth/token', { grant_type: 'password', username: name, password });
    if (reply.status !== 200) throw new ApiRefusal('signing in', reply);
    token = (reply.body as { access_token: string }).access_token;
  }

  async function call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> {
    if (token === undefined) await signIn();
    let reply = await send(method, path, body, headers);
    if (reply.status === 401) {
      await signIn();
      reply = await send(method, path, body, headers);
    }
    if (reply.status >= 400) throw new ApiRefusal(`${method} ${path}`, reply);
    return reply;
  }

  async function patch(path: string, body: unknown): Promise<Reply> {
    for (let attempt = 1; ; attempt += 1) {
      const { etag = '' } = await call('GET', path);
      try {
        return await call('PATCH', path, body, { 'if-match': etag });
      } catch (error) {
        if (!(error instanceof ApiRefusal) || error.status !== 412 || attempt === 5) throw error;
        await delay(50 * attempt);
      }
    }
  }

  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body, { 'idempotency-key': randomUUID() }),
    patch,
    patchGeneration: (path, generation, body) => call('PATCH', path, body, { 'if-match': `"${generation}"` }),
  };
}
