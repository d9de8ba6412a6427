import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/**
 * Takes an instance to another version of its agent. Nothing is swapped without a verified copy of the state, and on
 * failure version, configuration and state of before are put back together: the older one cannot read newer state.
 */
export const upgradeInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { checkConfiguration }) => {
    await checkConfiguration(input);
    await steps.prePullImage(input);

    undo.add('let the agent work again', () => steps.resumeAgent(input));
    await steps.suspendAgent(input);
    undo.add('start what ran before', () => steps.restartPrevious(input));
    await steps.stopForCopy(input);
    await steps.backupState(input);
    undo.add('put version and state back', () => steps.restoreVersion(input));
    const { running } = await steps.applyRevision(input);
    if (!running) return;
    await steps.awaitReady(input);
    await steps.proveConfiguration(input);
    await steps.probeAgent(input);
  });
