import { patched } from '@temporalio/workflow';
import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/**
 * Takes an instance to a new revision: hot where the agent can, by a restart where it must, proven live either way.
 * On failure the previous revision is put back and proven.
 */
export const updateInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { atHand, checkConfiguration }) => {
    await checkConfiguration(input);

    undo.add('restore the previous revision', () => steps.restoreRevision(input));
    const { running, ready } = await steps.applyRevision(input);
    if (!running) return;
    // A run of before may hold this answer and go on with a wait all the same.
    if (!ready || !(atHand || patched('readiness-of-hot-changes'))) await steps.awaitReady(input);
    await steps.proveConfiguration(input);
  });
