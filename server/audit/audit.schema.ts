import { z } from 'zod';
import { notBlank } from '../http/fields.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';
import { faultKinds } from './verify-chain.ts';

const firstYear = Date.parse('0001-01-01T00:00:00Z');

/** PostgreSQL knows no offset of sixteen hours or more, and no year 0, both of which are valid here. */
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(Math.max(Date.parse(text), firstYear)).toISOString());

const outcomes = ['accepted', 'succeeded', 'denied', 'failed'] as const;
const some = z.record(z.string(), z.unknown());

export const AuditEntryAnswer = z
  .strictObject({
    id: z.uuid(),
    sequence: z.int().describe('Follows the order in which changes were committed'),
    tenantId: z.uuid().nullable().describe('Null: of the platform'),
    actorId: z.uuid().nullable(),
    actorName: z.string(),
    onBehalfOfId: z.uuid().nullable(),
    onBehalfOfName: z.string().nullable(),
    action: z.string(),
    objectType: z.string(),
    objectId: z.uuid().nullable(),
    objectName: z.string().nullable(),
    outcome: z
      .enum(outcomes)
      .describe('accepted: an operation carries it out, and has an entry of its own when it ends'),
    detail: some,
    before: some.nullable(),
    after: some.nullable(),
    requestId: z.string().nullable(),
    operationId: z.uuid().nullable(),
    createdAt: z.string().describe('RFC 3339 in UTC, to the microsecond'),
    seal: z
      .strictObject({ number: z.int(), previousHash: z.string().nullable(), hash: z.string() })
      .nullable()
      .describe('Its place in the chain; null for a second or so, until it is sealed'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryAnswer = z.output<typeof AuditEntryAnswer>;

export const AuditList = pageOf(AuditEntryAnswer, 'AuditList');

const text = z.string().max(200).trim().min(1).meta(notBlank);

const filters = {
  tenantId: z.uuid().optional(),
  actor: text.optional().describe('An id, or a part of a name, of who did it or on whose behalf'),
  action: text.optional().describe('A part of it, such as `rollout.`'),
  objectType: text.optional(),
  objectId: z.uuid().optional(),
  outcome: repeated(z.enum(outcomes)),
  from: time.optional(),
  to: time.optional().describe('Exclusive'),
  requestId: text.optional(),
};

export const AuditQuery = z.strictObject({ ...pageQuery, ...filters });
export const AuditExportQuery = z.strictObject({ ...filters, format: z.enum(['jsonl', 'csv']).default('jsonl') });
export type AuditFilter = Omit<z.output<typeof AuditExportQuery>, 'format'>;

const point = { number: z.int(), sequence: z.int(), hash: z.string() };

export const AuditProof = z
  .strictObject({
    tenantId: z.uuid().nullable().describe('Null: the chain of the platform'),
    state: z.enum(['proven', 'broken']),
    from: z.int().describe('The number of the first entry that was looked at'),
    provenTo: z.strictObject({ ...point, at: z.string() }).nullable(),
    next: z.int().nullable().describe('Where the proof goes on, as `from`; null at the end'),
    checkpoint: z
      .strictObject({ ...point, signedAt: z.string(), signature: z.enum(['valid', 'forged', 'unknown']) })
      .nullable()
      .describe('The newest that was signed'),
    unsealed: z.int(),
    fault: z
      .strictObject({
        kind: z.enum(faultKinds),
        number: z.int().nullable(),
        entryId: z.uuid().nullable(),
        detail: z.string(),
      })
      .nullable()
      .describe('The first that was found'),
  })
  .meta({ id: 'AuditProof' });

export const AuditProofQuery = z.strictObject({
  tenantId: z.uuid().optional().describe('Left out: the chain of the platform'),
  from: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The first number to look at; left out: from the newest checkpoint on. 1 for all of it'),
});

export const CheckpointsAccepted = z.strictObject({ tenantId: z.null() }).meta({ id: 'AuditCheckpointsAccepted' });
