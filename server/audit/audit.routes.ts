import { Problem } from '../../workflows/contracts/problem.ts';
import { scopeOf } from '../access/scope-of.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import type { Database } from '../persistence/database.ts';
import {
  AuditExportQuery,
  AuditList,
  AuditProof,
  AuditProofQuery,
  AuditQuery,
  CheckpointsAccepted,
} from './audit.schema.ts';
import type { AuditKeys } from './checkpoint.ts';
import { exportAudit, exportedAtMost } from './export-audit.ts';
import { countUpTo, listAudit, presentAudit } from './list-audit.ts';
import { verifyChain } from './verify-chain.ts';

export interface AuditDeps {
  db: Database;
  /** Which signatures are ours. */
  auditKeys: () => AuditKeys;
  /** Begins the signing of all chains. Rejects when it could not be begun. */
  checkpointAudit: () => Promise<void>;
}

export const auditRoutes = ({ db, auditKeys, checkpointAudit }: AuditDeps): Route[] => [
  route({
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: `Who did what, when and on whose behalf, newest first; total counts up to ${countUpTo}`,
    permission: 'audit:read',
    query: AuditQuery,
    responses: { 200: AuditList },
    errors: ['request.cursor-invalid'],
    handle: async ({ input, tx, reach }) => ({
      status: 200,
      body: mapPage(await listAudit(tx, reach(), input.query), presentAudit),
    }),
  }),
  route({
    method: 'get',
    path: '/audit/export',
    operationId: 'exportAudit',
    summary: `The same as a file, oldest first: JSON Lines with the seals, or CSV; at most ${exportedAtMost} entries`,
    permission: 'audit:export',
    looksInto: 'audit',
    runsAs: 'itself',
    query: AuditExportQuery,
    responses: { 200: null },
    downloads: ['application/jsonl', 'text/csv'],
    errors: ['audit.export-too-large'],
    async handle({ input: { query }, caller, reach, again }) {
      reach();
      const { format, ...filter } = query;
      const body = await exportAudit(db, { filter, format, caller, again });
      const type = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl; charset=utf-8';
      const headers = { 'Content-Type': type, 'Content-Disposition': `attachment; filename="audit.${format}"` };
      return { status: 200, body, headers };
    },
  }),
  route({
    method: 'get',
    path: '/audit/verify',
    operationId: 'verifyAudit',
    summary: 'Prove a chain, or the next part of it: names the first entry that is not as it was sealed',
    permission: 'audit:verify',
    runsAs: 'itself',
    query: AuditProofQuery,
    responses: { 200: AuditProof },
    errors: ['request.not-found'],
    async handle({ input: { query }, caller, authorize }) {
      const { tenantId = null, from } = query;
      authorize(tenantId === null ? 'platform' : { tenantId });
      return {
        status: 200,
        body: await verifyChain(db, scopeOf(caller, query), { tenantId, from, keys: auditKeys() }),
      };
    },
  }),
  route({
    method: 'post',
    path: '/audit/checkpoints',
    operationId: 'checkpointAudit',
    summary: 'Sign how far all chains have got, now',
    permission: 'audit:checkpoint',
    responses: { 202: CheckpointsAccepted },
    errors: ['server.unavailable'],
    async handle({ caller, tx, authorize, request }) {
      authorize('platform');
      tx.audit({
        tenantId: null,
        actorId: caller.userId,
        actorName: caller.name,
        action: 'audit.checkpoint',
        objectType: 'audit',
        outcome: 'accepted',
        requestId: request.requestId,
      });
      await checkpointAudit().catch((cause: unknown) => {
        throw new Problem('server.unavailable', 'Temporal does not answer', { cause });
      });
      return { status: 202, body: { tenantId: null }, headers: { Location: '/api/v1/audit/verify' } };
    },
  }),
];
