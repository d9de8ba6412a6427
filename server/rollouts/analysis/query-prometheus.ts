import { z } from 'zod';

/** No number came, with the reason; an analysis takes that for inconclusive. */
export class NoNumber extends Error {}

const answerWithinMs = 10_000;
const answerLimitBytes = 64 * 1024;

const sample = z.tuple([z.number(), z.string()]);
const Answer = z.union([
  z.object({
    status: z.literal('success'),
    data: z.union([
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample })) }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/**
 * One number by an instant query of Prometheus' HTTP API. Sent as a form, as a query that names a thousand instances
 * is too long for an address; redirects are not followed, so that nothing but the configured server is ever asked.
 * @throws NoNumber
 */
export async function queryPrometheus(url: string, query: string, signal: AbortSignal): Promise<number> {
  const text = await ask(new URL('api/v1/query', url.endsWith('/') ? url : `${url}/`), query, signal);
  const answer = Answer.safeParse(parse(text));
  if (!answer.success) throw new NoNumber('Prometheus answered in a form that is not known.');
  if (answer.data.status === 'error') throw new NoNumber(`Prometheus: ${answer.data.error.slice(0, 300)}`);
  const { data } = answer.data;
  const values = data.resultType === 'scalar' ? [data.result] : data.result.map(({ value }) => value);
  if (values.length === 0) throw new NoNumber('Prometheus has no result for this query.');
  if (values.length > 1) throw new NoNumber(`Prometheus gives ${values.length} results where one number is asked for.`);
  const value = Number(values[0]?.[1]);
  if (!Number.isFinite(value))
    throw new NoNumber(`Prometheus gives ${values[0]?.[1]}, which is no number to judge by.`);
  return value;
}

async function ask(url: URL, query: string, signal: AbortSignal): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
  try {
    const body = new URLSearchParams({ query });
    const response = await fetch(url, { method: 'POST', body, redirect: 'error', signal: bounded });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > answerLimitBytes) throw new NoNumber('Prometheus answers with more than one number.');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoNumber) throw error;
    throw new NoNumber('Prometheus does not answer.', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the form
  }
}
