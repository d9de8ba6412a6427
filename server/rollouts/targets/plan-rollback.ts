import type { Transaction } from '../../persistence/transaction.ts';
import { refuse, type Candidate, type Outcome, type RevisionContent } from './candidate.ts';
import { impactOf } from './impact.ts';

type Older = Pick<RevisionContent, 'agentVersionId' | 'configuration' | 'resources'> & { number: number };

/**
 * Back to a revision of each candidate: the one named, or the newest before the present one that an operation brought
 * up (one that was only planned, or failed, is nothing to go back to). One statement.
 */
export async function planRollbacks(
  tx: Transaction,
  tenantId: string,
  candidates: readonly Candidate[],
  revision: number | undefined,
): Promise<(candidate: Candidate) => Outcome> {
  const rows = await tx.query<Older & { instanceId: string }>(
    `select i.id as "instanceId", r.number, r.agent_version_id as "agentVersionId", r.configuration, r.resources
     from instances i
     join revisions r on r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number = coalesce(?::int,
       (select max(o.revision) from operations o where o.tenant_id = i.tenant_id and o.instance_id = i.id
          and o.phase = 'Succeeded' and o.revision < i.revision))
     where i.tenant_id = ? and i.id = any (?::uuid[])`,
    [revision ?? null, tenantId, `{${candidates.map(({ instanceId }) => instanceId).join(',')}}`],
  );
  const older = new Map(rows.map((row) => [row.instanceId, row]));
  return (candidate) => {
    const found = older.get(candidate.instanceId);
    if (!found) {
      const wanted = revision === undefined ? 'no earlier revision that it ran' : `no revision ${revision}`;
      return refuse('instance.state-conflict', `It has ${wanted}.`);
    }
    if (found.number === candidate.revision) return { do: 'nothing' };
    return { do: 'change', impact: impactOf(candidate, found), toRevision: found.number };
  };
}
