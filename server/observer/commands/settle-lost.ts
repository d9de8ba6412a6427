import { isActive } from '../../../workflows/contracts/phases.ts';
import type { StepError } from '../../../workflows/contracts/steps.ts';
import { OperationStep } from '../../operations/operation-step.entity.ts';
import { requireOperation } from '../../operations/require-operation.ts';
import { settleOperation } from '../../operations/commands/settle-operation.ts';
import type { Transaction } from '../../persistence/transaction.ts';

/**
 * Ends an operation whose run was terminated or forgotten: a run settles its row before it closes, so an open row
 * without an open run is final. Nothing was undone, and attempts still on their way lose their right to write.
 */
export async function settleLost(tx: Transaction, operationId: string, state: 'closed' | 'unknown'): Promise<void> {
  const operation = await requireOperation(tx, operationId);
  if (!isActive(operation.phase)) return;
  const detail =
    state === 'closed' ? 'its run was ended in the workflow engine' : 'the workflow engine has no run of it';
  const error: StepError = { code: 'operation.lost', detail };
  const unfinished = await tx.em.find(OperationStep, { operationId, state: { $in: ['Running', 'Waiting'] } });
  for (const step of unfinished)
    Object.assign(step, { state: 'Failed', error, endedAt: new Date(), nextAttemptAt: null });
  await settleOperation(tx, operationId, { phase: 'Failed', error, undone: false });
}
