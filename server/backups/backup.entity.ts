import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { RecordedError } from '../operations/operation.entity.ts';

/** A copy of an instance's state in object storage, with the revision and agent version that it belongs to. */
export const Backup = defineEntity({
  name: 'Backup',
  tableName: 'backups',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    instanceId: p.uuid(),
    /** `upgrade`: before an image is changed; `rollback`: the newer state, before an older one is put back. */
    reason: p.text().$type<'upgrade' | 'rollback'>(),
    phase: p.enum(['Writing', 'Verified', 'Failed', 'Expired'] as const),
    revision: p.integer(),
    agentVersionId: p.uuid(),
    bucket: p.text(),
    objectKey: p.text(),
    sizeBytes: p.bigint('number').nullable(),
    sha256: p.text().nullable(),
    /** What the agent had done when it was closed for the copy; null where it could not be asked. */
    workMark: p.text().nullable(),
    operationId: p.uuid().nullable(),
    error: p.json<RecordedError>().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    verifiedAt: p.datetime().nullable(),
    expiresAt: p.datetime().nullable(),
  },
});
export type Backup = InferEntity<typeof Backup>;
