import { Problem } from '../../workflows/contracts/problem.ts';
import type { Placement } from '../placement/find-place.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Revision } from '../revisions/revision.entity.ts';
import { instanceColumns, instanceJoins, type InstanceRow } from './instance-row.ts';

/** With what the wanted revision says. */
export type InstanceWithConfiguration = InstanceRow &
  Pick<Revision, 'configuration' | 'variables'> & {
    overrides: Record<string, unknown> | null;
    provenance: NonNullable<Revision['provenance']> | null;
    placement: Placement | null;
  };

/** @throws Problem 'instance.unknown', also for one of another tenant */
export async function readInstance(tx: Transaction, id: string): Promise<InstanceWithConfiguration> {
  const [row] = await tx.query<InstanceWithConfiguration>(
    `select ${instanceColumns}, r.configuration, r.overrides, r.variables, r.provenance, i.placement
     from instances i ${instanceJoins} where i.id = ?`,
    [id],
  );
  if (!row) throw new Problem('instance.unknown');
  return row;
}
