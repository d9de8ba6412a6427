import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSchemathesis } from '../platform/schemathesis.ts';
import { startFuzzPlace, type FuzzPlace } from './place.ts';
import { runSchemathesis } from './run-schemathesis.ts';
import { allPhases } from './settings.ts';

/**
 * The same requests each time, as far as the answers are the same; what goes on by links from answers rests on them most,
 * so that of this there is little here. `npm run fuzz` takes other ones, and goes on for longer.
 */
const effort = { seed: 20261127, examples: 2, scenarios: 2, steps: 5, links: 'described' as const, phases: allPhases };

let place: FuzzPlace;
beforeAll(async () => {
  place = await startFuzzPlace();
}, 120_000);
afterAll(() => place?.stop());

describe('the API, as its description is taken at its word', () => {
  it.concurrent.each(['tenant administrators', 'platform administrator'] as const)(
    'holds against every check of Schemathesis, asked by %s',
    async (as) => {
      const { followed, ...ended } = await runSchemathesis(testSchemathesis(), place, as, effort);
      // With the output, which says what failed and how to ask for it again.
      expect(ended).toEqual({ exitCode: 0, output: expect.stringMatching(/(\d+) generated, \1 passed/) });
      expect(followed.scenarios).toBeGreaterThanOrEqual(effort.scenarios);
    },
    600_000,
  );
});
