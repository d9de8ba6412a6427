import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../factories/api-client.ts';
import type { ApiRequest } from './build-request.ts';

/** All that somebody can see of an answer, but what is new with each one. */
export interface Seen {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What is done while a stream is being followed, and how it is ended from the other side. */
export interface Meanwhile {
  begun(): Promise<void>;
  end(): Promise<void>;
}

const always = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);
const longEnough = 3;

/** Asks, and takes the answer as bytes; a stream until it has said a few times that it is still there, and has ended. */
export async function ask(person: ApiClient, request: ApiRequest, meanwhile?: Meanwhile): Promise<Seen> {
  const requestId = randomUUID();
  const { method, path, body, headers } = request;
  const response = await fetch(`${person.baseUrl}/api/v1${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...person.headers,
      ...headers,
      'X-Request-Id': requestId,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') === true;
  const text = isStream && meanwhile ? await readStream(response, meanwhile) : await response.text();
  const unnamed = (value: string): string => value.replaceAll(requestId, '<request>');
  return {
    status: response.status,
    headers: Object.fromEntries(
      [...response.headers].filter(([name]) => !always.has(name)).map(([name, value]) => [name, unnamed(value)]),
    ),
    body: unnamed(text),
  };
}

async function readStream(response: Response, { begun, end }: Meanwhile): Promise<string> {
  let text = '';
  let told = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    if (text === '') await begun();
    text += decoder.decode(chunk, { stream: true });
    const isEnough = text.split(': still here\n').length > longEnough;
    if (isEnough && told === 0) await end();
    if (isEnough) told += 1;
  }
  // Numbers go on with everything that happens anywhere, and how often it is still there is a matter of time.
  return text.replaceAll(/^id: \d+$/gm, 'id: <number>').replaceAll(/(: still here\n\n?)+/g, ': still here\n');
}
