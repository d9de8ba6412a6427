import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Bytes of the key id in the header of every sealed value. */
export const keyIdBytes = 8;

/** Wraps data keys. `previous` keys only open: a key is changed by putting the new one on top of the file. */
export interface SealingKey {
  readonly id: Buffer;
  readonly key: KeyObject;
  readonly previous: readonly SealingKey[];
}

/** @param text one base64 key of 32 bytes a line, the newest first */
export function parseSealingKey(text: string): SealingKey {
  const keys = text
    .split(/\s+/)
    .filter((line) => line !== '')
    .map((line, index) => readKey(line, index + 1));
  const [newest, ...previous] = keys;
  if (!newest) throw new Error('The sealing key is empty. Write 32 random bytes in base64 to SECRETS_KEY_FILE.');
  return { ...newest, previous };
}

export const loadSealingKey = (file: string): SealingKey => parseSealingKey(readFileSync(file, 'utf8'));

export function findSealingKey(key: SealingKey, id: Buffer): SealingKey | undefined {
  return [key, ...key.previous].find((candidate) => candidate.id.equals(id));
}

function readKey(line: string, number: number): SealingKey {
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== 32) {
    throw new Error(
      `Key ${number} of the sealing keys is not 32 bytes in base64; make one with: openssl rand -base64 32`,
    );
  }
  const id = createHash('sha256')
    .update('open-cluster-claw sealing key')
    .update(bytes)
    .digest()
    .subarray(0, keyIdBytes);
  return { id, key: createSecretKey(bytes), previous: [] };
}
