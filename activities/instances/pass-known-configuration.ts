import { Context } from '@temporalio/activity';
import { tenantScope } from '../../server/persistence/database.ts';
import type { StepsAtHand } from '../../workflows/contracts/steps.ts';
import type { Deps } from '../deps.ts';
import { failureOf, toApplicationFailure } from '../steps/failure.ts';
import { passStep } from '../steps/record.ts';

/**
 * Takes the step `checkConfiguration` where the agent version's own program has approved of this very configuration
 * before. A refusal, and what was never asked, are for the step itself.
 */
export const passKnownConfiguration =
  ({ db }: Deps): StepsAtHand['passKnownConfiguration'] =>
  async ({ operationId, tenantId }) => {
    try {
      return await db.transaction(tenantScope(tenantId), async (tx) => {
        const [known] = await tx.query<object>(
          `select 1 as known from operations o
           join instances i on i.tenant_id = o.tenant_id and i.id = o.instance_id
           join revisions r on r.tenant_id = i.tenant_id and r.instance_id = i.id
             and r.number = coalesce(o.revision, i.revision)
           join configuration_checks c on c.tenant_id = r.tenant_id
             and c.agent_version_id = r.agent_version_id and c.configuration_hash = r.configuration_hash
           where o.id = ? and c.faults = '[]'`,
          [operationId],
        );
        return known ? passStep(tx, operationId, 'checkConfiguration') : false;
      });
    } catch (thrown) {
      throw toApplicationFailure(failureOf(thrown, Context.current().info.attempt));
    }
  };
