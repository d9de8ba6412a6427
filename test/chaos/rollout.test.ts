import { describe, expect, it } from 'vitest';
import { rollOutInChaos } from './rollout.ts';

describe('rollouts while their platform is killed again and again', () => {
  it('do to each instance what they do undisturbed, in the order of their waves, with and without restarts', async () => {
    const said: string[] = [];
    const outcome = await rollOutInChaos({ seed: 4, kills: 6, targets: 24, report: (line) => said.push(line) });
    // With what was said, so that a difference can be told from its story.
    expect({ ...outcome, said }).toMatchObject({ differences: [], kills: Array.from({ length: 6 }, () => ({})) });
  });
});
