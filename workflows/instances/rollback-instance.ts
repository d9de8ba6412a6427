import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/**
 * Takes an instance back to a revision of an older version of its agent, with the state that was copied when it left
 * it. The newer state is copied first and kept; on failure it is put back.
 */
export const rollbackInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { checkConfiguration }) => {
    await checkConfiguration(input);
    await steps.prePullImage(input);

    undo.add('let the agent work again', () => steps.resumeAgent(input));
    await steps.checkDivergence(input);
    await steps.suspendAgent(input);
    undo.add('start what ran before', () => steps.restartPrevious(input));
    await steps.stopForCopy(input);
    await steps.backupState(input);
    undo.add('put version and state back', () => steps.restoreVersion(input));
    await steps.restoreState(input);
    const { running } = await steps.applyRevision(input);
    if (!running) return;
    await steps.awaitReady(input);
    await steps.proveConfiguration(input);
    await steps.probeAgent(input);
  });
