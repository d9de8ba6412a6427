import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { AuditCheckpoint } from '../../server/audit/audit-checkpoint.entity.ts';
import type { SignedCheckpoint } from '../../server/audit/checkpoint.ts';
import { chainName } from '../../server/audit/sealed-entry.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const prefix = 'audit/checkpoints/';
const copiesAtOnce = 8;

/** Sorts by number below its chain. */
export const checkpointKeyOf = ({ id, tenantId, kind, number }: AuditCheckpoint): string =>
  `${prefix}${chainName(tenantId ?? null)}/${String(number).padStart(15, '0')}-${kind}-${id}.json`;

/** All that its signature is over, and the signature: enough to prove a chain without the row. */
export const checkpointCopy = (checkpoint: AuditCheckpoint): string => {
  const { kind, tenantId = null, number, sequence, hash, signedAt, keyId, signature } = checkpoint;
  const copy: SignedCheckpoint = {
    kind,
    tenantId,
    number,
    sequence,
    hash,
    signedAt: signedAt.toISOString(),
    keyId,
    signature,
  };
  return `${JSON.stringify(copy)}\n`;
};

const Copy = z.strictObject({
  kind: z.enum(['head', 'anchor']),
  tenantId: z.uuid().nullable(),
  number: z.int(),
  sequence: z.int(),
  hash: z.string(),
  signedAt: z.string(),
  keyId: z.string(),
  signature: z.string(),
});

/** The newest copy of each kind of each chain, which is all that a shortened or rewritten chain would be missing. */
export async function readCheckpointCopies(store: ObjectStore, signal: AbortSignal): Promise<SignedCheckpoint[]> {
  const newest = new Map<string, string>();
  for (const key of await store.list(prefix, signal)) {
    const [chain = '', name = ''] = key.slice(prefix.length).split('/');
    newest.set(`${chain} ${name.split('-')[1]}`, key);
  }
  const keys = [...newest.values()];
  const copies: SignedCheckpoint[] = [];
  for (let at = 0; at < keys.length; at += copiesAtOnce) {
    const some = keys
      .slice(at, at + copiesAtOnce)
      .map(async (key) => Copy.parse(JSON.parse(await text(await store.get(key, signal)))));
    copies.push(...(await Promise.all(some)));
  }
  return copies;
}
