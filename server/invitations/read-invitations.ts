import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller, Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { condition, readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import { hashSessionToken } from '../identity/session-token.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { InvitationAnswer } from './invitation.schema.ts';

/** One that can still be accepted, with all that is told of it. */
export interface InvitationRow {
  id: string;
  tenantId: string;
  tenantName: string;
  projectId: string | null;
  projectName: string | null;
  role: InvitationAnswer['role'];
  roleName: string | null;
  note: string;
  createdBy: string;
  invitedBy: string;
  createdAt: Date | string;
  expiresAt: Date | string;
}

const columns = `v.id, v.tenant_id as "tenantId", t.display_name as "tenantName", v.project_id as "projectId",
  p.name as "projectName", v.role, r.name as "roleName", v.note, v.created_by as "createdBy",
  u.display_name as "invitedBy", v.created_at as "createdAt", v.expires_at as "expiresAt"`;
const tables = `invitations v join tenants t on t.id = v.tenant_id join users u on u.id = v.created_by
  left join projects p on p.id = v.project_id left join roles r on r.id = v.custom_role_id`;
const isOpen = `v.expires_at > now() and t.phase = 'Active'`;

interface Query {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The newest first. Runs as the platform, so that the reach is the whole of the filter. */
export const listInvitations = (tx: Transaction, reach: Reach, query: Query): Promise<Page<InvitationRow>> =>
  readPage<InvitationRow>(tx, {
    name: 'invitations',
    select: columns,
    from: tables,
    where: [
      condition(isOpen),
      reachCondition(reach, { tenant: 'v.tenant_id', project: 'v.project_id' }),
      ...(query.tenantId ? [condition('v.tenant_id = ?::uuid', query.tenantId)] : []),
      ...(query.projectId ? [condition('v.project_id = ?::uuid', query.projectId)] : []),
    ],
    sort: {
      keys: [
        { sql: 'v.created_at', cast: 'timestamptz' },
        { sql: 'v.id', cast: 'uuid' },
      ],
      descending: true,
    },
    limit: query.limit,
    cursor: query.cursor,
  });

/** @throws Problem 'invitation.unknown', also for one of a tenant that the caller has no part in */
export async function requireInvitation(tx: Transaction, id: string, caller: Caller): Promise<InvitationRow> {
  const [row] = await tx.query<InvitationRow>(`select ${columns} from ${tables} where v.id = ? and ${isOpen}`, [id]);
  if (!row || !(caller.isPlatform || caller.tenantIds.includes(row.tenantId))) throw new Problem('invitation.unknown');
  return row;
}

/** @throws Problem 'invitation.invalid' for a token that is wrong, used, withdrawn or too old: they are told alike */
export async function requireOffer(tx: Transaction, token: string): Promise<InvitationRow> {
  const [row] = await tx.query<InvitationRow>(
    `select ${columns} from ${tables} where v.token_hash = ? and ${isOpen} for no key update of v`,
    [hashSessionToken(token)],
  );
  if (!row) throw new Problem('invitation.invalid');
  return row;
}
