import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildIdOf } from '../../activities/versions/build-id.ts';
import { Bundles } from '../../activities/versions/bundles.ts';
import * as workflows from '../../workflows/index.ts';
import { recordedHistories, type RecordedHistory } from './histories.ts';
import { toldIn, tooMuchIn } from './payload-shapes.ts';

/** Every string, those inside payloads included. */
function* textsOf(value: unknown, key = ''): Generator<string> {
  if (typeof value === 'string') yield key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value;
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) yield* textsOf(inner, name);
  }
}

describe('recorded histories', () => {
  const recorded = recordedHistories();
  beforeAll(() => {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
  });

  it('are there for every type of workflow', () => {
    const known = new Set(recorded.map(({ workflowType }) => workflowType));
    const types = Object.keys(workflows);
    expect(types).toContain('provisionInstance');
    expect(types.filter((type) => !known.has(type))).toEqual([]);
  });

  it('tell nothing of the machine on which they were recorded, and no secret', () => {
    const telling = /\/home\/|\/root\/|\/tmp\/|\/work\/|node_modules|stackTrace|password|apiKey/i;
    const found = recorded.filter(({ history }) => telling.test([...textsOf(history)].join('\n')));
    expect(found.map(({ name }) => name)).toEqual([]);
  });

  it('tell Temporal nothing of a tenant but ids, codes and numbers', () => {
    const told = recorded.flatMap(({ name, history }) => tooMuchIn(history).map((what) => `${name}: ${what}`));
    expect(told).toEqual([]);
    expect(recorded.filter(({ history }) => [...toldIn(history)].length < 5)).toEqual([]);
  });

  it('would be noticed to tell of a name, a setting, or words of an agent', () => {
    const history = recorded.find(({ name }) => name === 'provisionInstance.parked')?.history as {
      events: Record<string, unknown>[];
    };
    const encoded = (value: unknown) => ({
      metadata: { encoding: 'anNvbi9wbGFpbg==' },
      data: Buffer.from(JSON.stringify(value)).toString('base64'),
    });
    const [started, ...others] = history.events;
    const telling: [string, object][] = [
      ['summary', { userMetadata: { summary: encoded('instance.provision acme/helpdesk') } }],
      ['details', { userMetadata: { details: encoded('asked for by ada') } }],
      ['memo', { workflowExecutionStartedEventAttributes: { memo: { fields: { name: encoded('acme') } } } }],
      ['a setting', { workflowExecutionStartedEventAttributes: { input: { payloads: [encoded({ model: 'a' })] } } }],
      ['words', { activityTaskFailedEventAttributes: { failure: { message: 'it cannot run with this' } } }],
      ['details', { x: { failure: { applicationFailureInfo: { details: { payloads: [encoded('why')] } } } } }],
    ];
    for (const [what, event] of telling) {
      expect([what, tooMuchIn({ events: [started, event, ...others] })]).toEqual([what, [expect.any(String)]]);
    }
  });

  it('replay on the present workflows without a difference', async () => {
    expect(await differences(recorded)).toEqual([]);
  }, 120_000);

  it('would not replay if a workflow took other steps', async () => {
    const text = JSON.stringify(recorded.find(({ name }) => name === 'provisionInstance'));
    const changed = JSON.parse(text.replaceAll('"powerOn"', '"powerOff"')) as RecordedHistory;
    expect(await differences([changed])).toEqual([expect.stringMatching(/powerO/)]);
  }, 120_000);
});

async function differences(histories: RecordedHistory[]): Promise<string[]> {
  const codePath = await new Bundles(null).make(buildIdOf());
  const found: string[] = [];
  let count = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories)) {
    count += 1;
    if (error) found.push(`${workflowId}: ${error.message}`);
  }
  expect(count).toBe(histories.length);
  return found;
}
