import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisRule } from '../rollout.types.ts';
import { measurePrometheus } from './measure-prometheus.ts';
import { nothingMeasured, type RolloutMeasures } from './measures.ts';

/** A Prometheus that says what the test lets it say. */
let answer: (query: string, response: ServerResponse) => void = () => undefined;
let url = '';
const asked: { path: string; query: string }[] = [];
const server = createServer((request: IncomingMessage, response) => {
  void text(request).then((body) => {
    const query = new URLSearchParams(body).get('query') ?? '';
    asked.push({ path: `${request.method} ${request.url}`, query });
    answer(query, response);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prometheus`;
});
afterAll(() => void server.close());

const vector = (...values: (number | string)[]) =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, String(value)] })) },
  });

const ids = ['019c0000-0000-7000-8000-000000000001', '019c0000-0000-7000-8000-000000000002'];
const measures: RolloutMeasures = {
  at: new Date(),
  metrics: {
    'ready-seconds': nothingMeasured,
    restarts: nothingMeasured,
    'not-ready': nothingMeasured,
    refused: nothingMeasured,
    failed: nothingMeasured,
    'error-rate': nothingMeasured,
    'cost-per-call': nothingMeasured,
    'tokens-per-call': nothingMeasured,
  },
  prometheus: {},
  updated: [String(ids[0])],
  untouched: [String(ids[1]), '019c0000-0000-7000-8000-000000000003'],
};

const query = 'sum(rate(failures{pod=~"i-($updated)-0"}[5m]))';

async function measure(rule: Partial<AnalysisRule>, options: { url?: string | null; signal?: AbortSignal } = {}) {
  const whole: AnalysisRule = { metric: 'prometheus', query, minimumSample: 1, ...rule };
  const plan = { rules: [whole], onFailure: 'pause' as const, onInconclusive: 'pause' as const };
  const { signal = new AbortController().signal } = options;
  const where = options.url === undefined ? url : options.url;
  const { prometheus } = await measurePrometheus(measures, plan, { url: where, signal });
  return prometheus[whole.query ?? ''];
}

describe('a query', () => {
  it('names the instances by their ids, and the others by asking the same of them', async () => {
    asked.length = 0;
    answer = (given, response) => response.end(vector(given.includes(String(ids[0])) ? 0.5 : 0.25));
    expect(await measure({ maxRatio: 2 })).toEqual({ value: 0.5, sample: 1, baseline: 0.25, baselineSample: 2 });
    expect(asked).toEqual([
      { path: 'POST /prometheus/api/v1/query', query: `sum(rate(failures{pod=~"i-(${ids[0]})-0"}[5m]))` },
      {
        path: 'POST /prometheus/api/v1/query',
        query: `sum(rate(failures{pod=~"i-(${measures.untouched.join('|')})-0"}[5m]))`,
      },
    ]);
  });

  it('may give a scalar, and compare for itself', async () => {
    asked.length = 0;
    answer = (_query, response) =>
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '3'] } }));
    expect(await measure({ query: 'scalar(a{i=~"$updated"} / b{i=~"$baseline"})', max: 1 })).toMatchObject({
      value: 3,
      baseline: null,
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.query).toContain(`b{i=~"${measures.untouched.join('|')}"}`);
  });
});

describe('no number', () => {
  const without = (problem: RegExp) => ({ value: null, baseline: null, problem: expect.stringMatching(problem) });

  it.each<[string, string, RegExp]>([
    ['no result', vector(), /no result/],
    ['several results', vector(1, 2), /2 results/],
    ['no number', vector('NaN'), /NaN/],
    ['an error', JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' }), /parse error/],
    ['a page', '<html>', /form that is not known/],
    ['no end', vector(...Array.from({ length: 5_000 }, (_, index) => index)), /more than one number/],
  ])('comes of %s', async (_name, body, problem) => {
    answer = (_query, response) => response.end(body);
    expect(await measure({ max: 1 })).toMatchObject(without(problem));
  });

  it('comes from elsewhere: a redirect is not followed', async () => {
    let reached = false;
    const elsewhere = createServer((_request, response) => {
      reached = true;
      response.end(vector(1));
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    answer = (_query, response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    expect(await measure({ max: 1 })).toMatchObject(without(/does not answer/));
    expect(reached).toBe(false);
    elsewhere.close();
  });

  it('comes where nobody listens, or none is configured', async () => {
    expect(await measure({ max: 1 }, { url: 'http://127.0.0.1:1' })).toMatchObject(without(/does not answer/));
    expect(await measure({ max: 1 }, { url: null })).toMatchObject(without(/No Prometheus is configured/));
  });

  it('but the end of the attempt ends the question too', async () => {
    const ending = new AbortController();
    answer = () => ending.abort(new Error('the worker stops'));
    await expect(measure({ max: 1 }, { signal: ending.signal })).rejects.toThrow('the worker stops');
  });
});
