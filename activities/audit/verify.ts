import process from 'node:process';
import { loadAuditKeys, noAuditKeys } from '../../server/audit/checkpoint.ts';
import { chainName } from '../../server/audit/sealed-entry.ts';
import { verifyEveryChain, type ChainProof } from '../../server/audit/verify-chain.ts';
import { auditProofConfig } from '../../server/config.ts';
import { Database } from '../../server/persistence/database.ts';
import { s3Storage } from '../storage/storage.ts';
import { readCheckpointCopies } from './checkpoint-copies.ts';

// `npm run audit:verify`: proves every chain from its beginning, with nothing of the product running. Ends with 1 where
// one is broken.
const config = auditProofConfig(process.env);
const keys = config.auditPublicKeyFile ? loadAuditKeys(config.auditPublicKeyFile) : noAuditKeys;
const copies = config.storage
  ? await readCheckpointCopies(s3Storage(config.storage).platform, AbortSignal.timeout(10 * 60_000))
  : [];
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const db = await Database.open({ url: config.databaseUrl, applicationName: 'occ-audit-verify', poolSize: 2 });
let broken = 0;
let chains = 0;
try {
  for await (const proof of verifyEveryChain(db, { keys, copies })) {
    chains += 1;
    if (proof.state === 'broken') broken += 1;
    say(sentenceOf(proof));
  }
} finally {
  await db.close();
}
if (!config.auditPublicKeyFile) say('AUDIT_PUBLIC_KEY_FILE is not set: signatures were not checked.');
if (!config.storage) say('S3_ENDPOINT is not set: only the checkpoints in the database were looked at.');
say(`${chains} chains, ${broken} broken`);
process.exitCode = broken > 0 ? 1 : 0;

function sentenceOf({ tenantId, state, from, provenTo, checkpoint, unsealed, fault }: ChainProof): string {
  const chain = chainName(tenantId);
  if (fault) {
    const where = fault.entryId === null ? '' : ` (entry ${fault.entryId})`;
    return `BROKEN  ${chain}: ${fault.kind}: ${fault.detail}${where}`;
  }
  if (!provenTo) return `${state}  ${chain}: no entries are sealed; ${unsealed} not yet`;
  const signed = checkpoint ? `signed up to ${checkpoint.number} at ${checkpoint.signedAt}` : 'never signed';
  return `${state}  ${chain}: ${from} to ${provenTo.number}, ${provenTo.hash}; ${signed}; ${unsealed} not yet sealed`;
}
