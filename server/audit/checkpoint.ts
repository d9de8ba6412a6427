import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { canonicalJson } from './canonical-json.ts';
import { chainName } from './sealed-entry.ts';

/** What a signature vouches for: this is the seal of that number. */
export interface CheckpointClaim {
  kind: 'head' | 'anchor';
  tenantId: string | null;
  number: number;
  sequence: number;
  hash: string;
  /** RFC 3339, UTC, milliseconds. */
  signedAt: string;
}

export interface SignedCheckpoint extends CheckpointClaim {
  keyId: string;
  /** Ed25519 over the canonical JSON of the claim, in base64. */
  signature: string;
}

/** The half that signs; the workers alone have it. */
export interface AuditSigner {
  sign(claim: CheckpointClaim): SignedCheckpoint;
  readonly keys: AuditKeys;
}

/** The half that proves: which keys are ours. */
export interface AuditKeys {
  /** `forged`: not by one of our keys. `unknown`: nobody has said which keys are ours. */
  check(checkpoint: SignedCheckpoint): 'valid' | 'forged' | 'unknown';
  /** One in base64 a line, as in the file. */
  readonly text: string;
}

const textOf = ({ kind, tenantId, number, sequence, hash, signedAt }: CheckpointClaim): Buffer =>
  Buffer.from(canonicalJson({ version: 1, chain: chainName(tenantId), kind, number, sequence, hash, signedAt }));

// RFC 8410: what stands before the 32 bytes of an Ed25519 key in DER.
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** @param text 32 random bytes in base64 a line, the newest first: the older ones still prove what they signed */
export function parseAuditSigner(text: string): AuditSigner {
  const [newest, ...older] = linesOf(text, 'AUDIT_KEY_FILE').map((seed) =>
    createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' }),
  );
  if (!newest) throw new Error('AUDIT_KEY_FILE is empty: it holds 32 random bytes in base64.');
  const keyId = keyIdOf(rawPublicKey(newest));
  return {
    sign: (claim) => ({ ...claim, keyId, signature: sign(null, textOf(claim), newest).toString('base64') }),
    keys: keysOf([newest, ...older].map(rawPublicKey)),
  };
}

export const loadAuditSigner = (file: string): AuditSigner => parseAuditSigner(readFileSync(file, 'utf8'));

/** @param file public keys, 32 bytes in base64 a line */
export const loadAuditKeys = (file: string): AuditKeys =>
  keysOf(linesOf(readFileSync(file, 'utf8'), 'AUDIT_PUBLIC_KEY_FILE'));

/** Where no key was given, nothing can be said of a signature. */
export const noAuditKeys: AuditKeys = { check: () => 'unknown', text: '' };

function keysOf(raw: readonly Buffer[]): AuditKeys {
  const known = new Map(
    raw.map((bytes) => [
      keyIdOf(bytes),
      createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: 'der', type: 'spki' }),
    ]),
  );
  return {
    check(checkpoint) {
      const key = known.get(checkpoint.keyId);
      const signature = Buffer.from(checkpoint.signature, 'base64');
      return key && verify(null, textOf(checkpoint), key, signature) ? 'valid' : 'forged';
    },
    text: raw.map((bytes) => bytes.toString('base64')).join('\n'),
  };
}

const rawPublicKey = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);

const keyIdOf = (publicKey: Buffer): string => createHash('sha256').update(publicKey).digest('hex').slice(0, 16);

function linesOf(text: string, variable: string): Buffer[] {
  return text
    .split(/\s+/)
    .filter((line) => line !== '')
    .map((line, index) => {
      const bytes = Buffer.from(line, 'base64');
      if (bytes.length !== 32) throw new Error(`Key ${index + 1} of ${variable} is not 32 bytes in base64.`);
      return bytes;
    });
}
