import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { buildIdOf } from '../../activities/versions/build-id.ts';
import { Bundles } from '../../activities/versions/bundles.ts';
import { workflowTypes } from '../../workflows/contracts/operations.ts';
import { recordedHistories } from './histories.ts';

/** Every string, those inside payloads included. */
function* textsOf(value: unknown, key = ''): Generator<string> {
  if (typeof value === 'string') yield key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value;
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) yield* textsOf(inner, name);
  }
}

describe('recorded histories', () => {
  const recorded = recordedHistories();

  it('are there for every type of workflow', () => {
    const known = new Set(recorded.map(({ workflowType }) => workflowType));
    expect(Object.values(workflowTypes).filter((type) => !known.has(type))).toEqual([]);
  });

  it('tell nothing of the machine on which they were recorded, and no secret', () => {
    for (const { name, history } of recorded) {
      const text = [...textsOf(history)].join('\n');
      expect(text, name).not.toMatch(/\/home\/|\/root\/|\/tmp\/|\/work\/|node_modules|stackTrace|password|apiKey/i);
    }
  });

  it('replay on the present workflows without a difference', async () => {
    const codePath = await new Bundles(null).make(buildIdOf());
    const replayed = Worker.runReplayHistories({ workflowBundle: { codePath } }, recorded);
    const failures: string[] = [];
    let count = 0;
    for await (const { workflowId, error } of replayed) {
      count += 1;
      if (error) failures.push(`${workflowId}: ${error.message}`);
    }
    expect(failures).toEqual([]);
    expect(count).toBe(recorded.length);
  }, 120_000);
});
