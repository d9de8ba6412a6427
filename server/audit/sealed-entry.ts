import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** All of an entry that its seal vouches for. Times as text in UTC to the microsecond, as the row has them. */
export interface SealedEntry {
  id: string;
  sequence: number;
  tenantId: string | null;
  actorId: string | null;
  actorName: string;
  onBehalfOfId: string | null;
  onBehalfOfName: string | null;
  action: string;
  objectType: string;
  objectId: string | null;
  objectName: string | null;
  outcome: string;
  detail: unknown;
  before: unknown;
  after: unknown;
  requestId: string | null;
  operationId: string | null;
  createdAt: string;
}

/** The same of a row `e` of `audit_entries`, as one JSON value. */
export const sealedEntrySql = `jsonb_build_object('id', e.id, 'sequence', e.sequence, 'tenantId', e.tenant_id,
  'actorId', e.actor_id, 'actorName', e.actor_name, 'onBehalfOfId', e.on_behalf_of_id,
  'onBehalfOfName', e.on_behalf_of_name, 'action', e.action, 'objectType', e.object_type, 'objectId', e.object_id,
  'objectName', e.object_name, 'outcome', e.outcome, 'detail', e.detail, 'before', e.before, 'after', e.after,
  'requestId', e.request_id, 'operationId', e.operation_id,
  'createdAt', to_char(e.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))`;

export interface Place {
  /** A tenant's id; null is the platform's chain. */
  tenantId: string | null;
  /** From 1 on. */
  number: number;
  /** Null for the first one. */
  previousHash: string | null;
}

/** What the text of a chain calls it. */
export const chainName = (tenantId: string | null): string => tenantId ?? 'platform';

/** SHA-256 in hexadecimal over the canonical JSON of an entry in its place. Changing the form needs a new `version`. */
export const sealHash = ({ tenantId, number, previousHash }: Place, entry: SealedEntry): string =>
  createHash('sha256')
    .update(canonicalJson({ version: 1, chain: chainName(tenantId), number, previousHash, entry }))
    .digest('hex');
