import { describe, expect, it } from 'vitest';
import { rollOutInChaos } from './rollout.ts';

describe('a rollout while its platform is killed again and again', () => {
  it('does to each instance what it does undisturbed, in the order of its waves', async () => {
    const said: string[] = [];
    const outcome = await rollOutInChaos({ seed: 4, kills: 8, targets: 40, report: (line) => said.push(line) });
    // With what was said, so that a difference can be told from its story.
    expect({ ...outcome, said }).toMatchObject({ differences: [], kills: Array.from({ length: 8 }, () => ({})) });
  });
});
