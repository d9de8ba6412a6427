import { Context } from '@temporalio/activity';
import { settleOperation } from '../../server/operations/commands/settle-operation.ts';
import { tenantScope } from '../../server/persistence/database.ts';
import type { Steps } from '../../workflows/contracts/steps.ts';
import type { Deps } from '../deps.ts';
import { failureOf, toApplicationFailure } from '../steps/failure.ts';

/** The end of every operation. Not a step like the others: once settled, a repeat finds nothing left to do. */
export const settle =
  ({ db }: Deps): Steps['settle'] =>
  async ({ operationId, tenantId }, outcome) => {
    try {
      await db.transaction(tenantScope(tenantId), (tx) => settleOperation(tx, operationId, outcome));
    } catch (thrown) {
      throw toApplicationFailure(failureOf(thrown, Context.current().info.attempt));
    }
  };
