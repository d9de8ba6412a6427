import { describe } from 'vitest';
import { describeAdoption } from './adoption.ts';
import { describeCleanup } from './cleanup.ts';
import { describeCommands } from './commands.ts';
import { describeConfiguration } from './configuration.ts';
import { describeFailures } from './failures.ts';
import { describeFencing } from './fencing.ts';
import { describeFiles } from './files.ts';
import type { RuntimeHarness } from './harness.ts';
import { describeHostileNames } from './hostile-names.ts';
import { describeLifecycle } from './lifecycle.ts';
import { describeLogs } from './logs.ts';
import { describeOneShots } from './one-shots.ts';
import { describePower } from './power.ts';
import { openScene } from './scene.ts';
import { describeStateCopies } from './state-copies.ts';
import { describeTerminals } from './terminals.ts';
import { describeUsage } from './usage.ts';
import { describeWatch } from './watch.ts';

const topics = [
  describeLifecycle,
  describePower,
  describeFencing,
  describeConfiguration,
  describeFailures,
  describeAdoption,
  describeLogs,
  describeCommands,
  describeTerminals,
  describeUsage,
  describeFiles,
  describeStateCopies,
  describeOneShots,
  describeWatch,
  describeHostileNames,
];

/**
 * What every driver is held to, the same for all; what only some promise is decided by their capabilities, never by
 * their name. Called once in a test file, by whoever has a cluster of that kind.
 */
export function describeRuntime(name: string, harness: RuntimeHarness): void {
  const why = harness.skip === null ? '' : ` (skipped: ${harness.skip})`;
  describe.skipIf(harness.skip !== null)(`the runtime ${name}${why}`, { timeout: 180_000, concurrent: true }, () => {
    const scene = openScene(harness);
    for (const describeTopic of topics) describeTopic(scene);
    describeCleanup(harness);
  });
}
