import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { memberColumns, memberTables, type MemberRow } from './member.presenter.ts';

/** @throws Problem 'member.unknown', also for one of a tenant that the caller has no part in */
export async function requireMember(tx: Transaction, id: string, caller: Caller): Promise<MemberRow> {
  const [row] = await tx.query<MemberRow>(
    `select ${memberColumns} from ${memberTables} where a.id = ? and a.tenant_id is not null`,
    [id],
  );
  if (!row || !(caller.isPlatform || caller.tenantIds.includes(row.tenantId))) throw new Problem('member.unknown');
  return row;
}

/**
 * As it is once nobody else changes who administers the tenant: its row is locked first, which is the order of every
 * command that does.
 * @throws Problem 'member.unknown', also for one of a tenant that the caller has no part in
 */
export async function lockMember(tx: Transaction, id: string, caller: Caller): Promise<MemberRow> {
  const { tenantId } = await requireMember(tx, id, caller);
  await tx.query('select id from tenants where id = ? for no key update', [tenantId]);
  return requireMember(tx, id, caller);
}
