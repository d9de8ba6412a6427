import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSchemathesis } from '../platform/schemathesis.ts';
import { startFuzzPlace, type FuzzPlace } from './place.ts';
import { runSchemathesis } from './run-schemathesis.ts';
import { allPhases } from './settings.ts';

/** The same requests each time, as far as the answers are the same. `npm run fuzz` takes other ones. */
const effort = {
  seed: 20261127,
  examples: 2,
  scenarios: 15,
  steps: 40,
  links: 'described' as const,
  phases: allPhases,
};

/** A link has led to each of them. */
const mainNouns = ['instances', 'operations', 'configs', 'secrets', 'projects', 'tenants'];

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
      expect(followed.links.size).toBeGreaterThanOrEqual(30);
      // One after the other: what was made is read, what was read is changed, and that is read again.
      expect(followed.longest).toBeGreaterThanOrEqual(3);
      const nouns = [...followed.links.keys()].map((link) => /-> \w+ \/api\/v1\/([\w-]+)/.exec(link)?.[1]);
      expect(nouns).toEqual(expect.arrayContaining(mainNouns));
    },
    600_000,
  );
});
