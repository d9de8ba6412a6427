import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSchemathesis } from '../platform/schemathesis.ts';
import { startFuzzPlace, type FuzzPlace } from './place.ts';
import { runSchemathesis } from './run-schemathesis.ts';

/** The same requests each time, as far as the answers are the same. `npm run fuzz` takes other ones. */
const effort = { seed: 20261127, examples: 2, steps: 5 };

let place: FuzzPlace;
beforeAll(async () => {
  place = await startFuzzPlace();
}, 120_000);
afterAll(() => place?.stop());

describe('the API, as its description is taken at its word', () => {
  it.concurrent.each(['tenant administrators', 'platform administrator'] as const)(
    'holds against every check of Schemathesis, asked by %s',
    async (as) => {
      const ended = await runSchemathesis(testSchemathesis(), place, as, effort);
      // With the output, which says what failed and how to ask for it again.
      expect(ended).toEqual({ exitCode: 0, output: expect.stringMatching(/(\d+) generated, \1 passed/) });
    },
    300_000,
  );
});
