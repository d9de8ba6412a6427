import { z } from 'zod';
import { byId, timeOf } from '../http/fields.ts';
import { condition, readPage } from '../http/list.ts';
import { mapPage, pageOf, pageQuery } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requireInstance } from '../instances/require-instance.ts';
import type { RecordedError } from '../operations/operation.entity.ts';
import { RecordedErrorAnswer } from '../operations/operation.schema.ts';

const BackupAnswer = z
  .strictObject({
    id: z.uuid(),
    instanceId: z.uuid(),
    reason: z.enum(['upgrade', 'rollback']).describe('Before an image was changed, or before an older state came back'),
    phase: z.enum(['Writing', 'Verified', 'Failed', 'Expired']),
    revision: z.int().describe('That the state belongs to'),
    agentVersionId: z.uuid(),
    agentVersion: z.string(),
    sizeBytes: z.int().nullable(),
    sha256: z.string().nullable(),
    operationId: z.uuid().nullable(),
    error: RecordedErrorAnswer.nullable(),
    createdAt: z.iso.datetime(),
    verifiedAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Backup' });
type BackupAnswer = z.infer<typeof BackupAnswer>;

type BackupRow = Omit<BackupAnswer, 'createdAt' | 'verifiedAt' | 'expiresAt' | 'sizeBytes' | 'error'> & {
  sizeBytes: number | string | null;
  error: RecordedError | null;
  createdAt: Date | string;
  verifiedAt: Date | string | null;
  expiresAt: Date | string | null;
};

export const backupRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/instances/:id/backups',
    operationId: 'listInstanceBackups',
    summary: 'Copies of the state of an instance, the newest first',
    permission: 'backup:read',
    params: byId,
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(BackupAnswer, 'BackupList') },
    errors: ['instance.unknown', 'request.cursor-invalid'],
    async handle({ input, tx, authorize }) {
      authorize(await requireInstance(tx, input.params.id));
      const page = await readPage<BackupRow>(tx, {
        name: 'backups',
        select: `b.id, b.instance_id as "instanceId", b.reason, b.phase, b.revision, b.agent_version_id as "agentVersionId",
          v.version as "agentVersion", b.size_bytes as "sizeBytes", b.sha256, b.operation_id as "operationId", b.error,
          b.created_at as "createdAt", b.verified_at as "verifiedAt", b.expires_at as "expiresAt"`,
        from: 'backups b join agent_versions v on v.id = b.agent_version_id',
        where: [condition('b.instance_id = ?', input.params.id)],
        sort: {
          keys: [
            { sql: 'b.created_at', cast: 'timestamptz' },
            { sql: 'b.id', cast: 'uuid' },
          ],
          descending: true,
        },
        limit: input.query.limit,
        cursor: input.query.cursor,
      });
      return { status: 200, body: mapPage(page, presentBackup) };
    },
  }),
];

const presentBackup = (row: BackupRow): BackupAnswer => ({
  id: row.id,
  instanceId: row.instanceId,
  reason: row.reason,
  phase: row.phase,
  revision: row.revision,
  agentVersionId: row.agentVersionId,
  agentVersion: row.agentVersion,
  sizeBytes: row.sizeBytes === null ? null : Number(row.sizeBytes),
  sha256: row.sha256,
  operationId: row.operationId,
  error: row.error,
  createdAt: timeOf(row.createdAt),
  verifiedAt: row.verifiedAt ? timeOf(row.verifiedAt) : null,
  expiresAt: row.expiresAt ? timeOf(row.expiresAt) : null,
});
