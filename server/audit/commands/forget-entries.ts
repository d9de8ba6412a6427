import type { Transaction } from '../../persistence/transaction.ts';
import type { AuditSigner } from '../checkpoint.ts';
import { addCheckpoint } from './sign-checkpoints.ts';

const biteSize = 5_000;

/** A chain whose beginning is to go, and how far. */
export interface Forgettable {
  tenantId: string | null;
  number: number;
}

interface Chain {
  tenantId: string | null;
  first: number;
  /** Of the newest anchor; what is below it and still there is what an attempt before has left. */
  anchored: number | null;
}

/**
 * Says for each chain how far it is older than `days`, and signs an anchor there: the last seal of what goes. Only what
 * a checkpoint covers, never the newest entry, and a day's worth at least, so that there is one anchor a day. The anchor is
 * an entry of the chain itself as well. Runs as the platform.
 */
export async function anchorOutdated(tx: Transaction, signer: AuditSigner, days: number): Promise<Forgettable[]> {
  const [firstOf, anchorOf] = [
    (chain: string) =>
      `(select number::float8 as number, sealed_at from audit_seals where tenant_id ${chain} order by number limit 1)`,
    (chain: string) =>
      `(select max(number)::float8 from audit_checkpoints where tenant_id ${chain} and kind = 'anchor') as anchored`,
  ];
  const chains = await tx.query<Chain>(
    `select * from (
       select t.id as "tenantId", f.number as first, f.sealed_at, ${anchorOf('= t.id')}
       from tenants t cross join lateral ${firstOf('= t.id')} f
       union all select null, f.number, f.sealed_at, ${anchorOf('is null')} from ${firstOf('is null')} f) chains
     where sealed_at < now() - make_interval(days => ?)`,
    [days + 1],
  );
  const forgettable: Forgettable[] = [];
  for (const { tenantId, first, anchored } of chains) {
    if (anchored !== null && anchored >= first) {
      forgettable.push({ tenantId, number: anchored });
      continue;
    }
    const last = await lastOutdated(tx, tenantId, days);
    if (!last) continue;
    addCheckpoint(tx, signer, 'anchor', { tenantId, ...last });
    tx.audit({
      tenantId,
      actorId: null,
      actorName: 'platform',
      action: 'audit.forget',
      objectType: 'audit',
      outcome: 'succeeded',
      detail: { days, from: first, to: last.number, hash: last.hash },
    });
    forgettable.push({ tenantId, number: last.number });
  }
  return forgettable;
}

async function lastOutdated(
  tx: Transaction,
  tenantId: string | null,
  days: number,
): Promise<{ number: number; sequence: number; hash: string } | undefined> {
  const chain = tenantId === null ? 'is null' : '= ?::uuid';
  const [last] = await tx.query<{ number: number; sequence: number; hash: string }>(
    `select s.number::float8 as number, s.sequence::float8 as sequence, s.hash from audit_seals s
     where s.tenant_id ${chain} and s.sealed_at < now() - make_interval(days => ?)
       and s.number <= (select max(c.number) from audit_checkpoints c where c.tenant_id ${chain} and c.kind = 'head')
       and s.number < (select max(h.number) from audit_seals h where h.tenant_id ${chain})
     order by s.number desc limit 1`,
    tenantId === null ? [days] : [tenantId, days, tenantId, tenantId],
  );
  return last;
}

/** Removes a bite of what is below an anchor; the database looks whether it may. @returns how many entries went */
export async function forgetEntries(tx: Transaction, { tenantId, number }: Forgettable): Promise<number> {
  const [row] = await tx.query<{ forgotten: number }>(`select occ_forget_audit(?::uuid, ?, ?) as forgotten`, [
    tenantId,
    number,
    biteSize,
  ]);
  return row?.forgotten ?? 0;
}
