import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { findSealingKey, keyIdBytes, type SealingKey } from './sealing-key.ts';

/**
 * Envelope encryption, AES-256-GCM: a random data key for each value, wrapped by the sealing key.
 * Layout: format (1) · key id (8) · wrapped data key (nonce 12, key 32, tag 16) · value (nonce 12, bytes, tag 16).
 * Header and `place` are authenticated with both, so that a value moved to another row does not open.
 */
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const dataKeyBytes = 32;
const headerBytes = 1 + keyIdBytes;
const wrappedBytes = nonceBytes + dataKeyBytes + tagBytes;

/** Where a sealed value belongs. */
export type SealedPlace =
  | { kind: 'secret'; tenantId: string; secretId: string; version: number }
  | { kind: 'instance'; tenantId: string; instanceId: string }
  | { kind: 'cluster'; clusterId: string };

export function seal(key: SealingKey, place: SealedPlace, value: string): Buffer {
  const header = Buffer.concat([Buffer.from([format]), key.id]);
  const authenticated = Buffer.concat([header, placeBytes(place)]);
  const dataKey = randomBytes(dataKeyBytes);
  const wrapped = encrypt(key.key, authenticated, dataKey);
  const sealed = encrypt(createSecretKey(dataKey), authenticated, Buffer.from(value, 'utf8'));
  dataKey.fill(0);
  return Buffer.concat([header, wrapped, sealed]);
}

/** @throws Error where the key is another, the bytes were changed, or the value was sealed for another place */
export function openSealed(key: SealingKey, place: SealedPlace, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  if (bytes[0] !== format || bytes.length < headerBytes + wrappedBytes + nonceBytes + tagBytes) {
    throw new Error('not a sealed value of a known format');
  }
  const header = bytes.subarray(0, headerBytes);
  const wrapping = findSealingKey(key, header.subarray(1));
  if (!wrapping)
    throw new Error(`sealed by a key that is not in the sealing key file (id ${header.toString('hex', 1)})`);
  const authenticated = Buffer.concat([header, placeBytes(place)]);
  const dataKey = decrypt(wrapping.key, authenticated, bytes.subarray(headerBytes, headerBytes + wrappedBytes));
  const value = decrypt(createSecretKey(dataKey), authenticated, bytes.subarray(headerBytes + wrappedBytes));
  dataKey.fill(0);
  return value.toString('utf8');
}

/** Unambiguous: ids have no line breaks. */
function placeBytes(place: SealedPlace): Buffer {
  return Buffer.from(partsOf(place).join('\n'), 'utf8');
}

function partsOf(place: SealedPlace): (string | number)[] {
  if (place.kind === 'secret') return [place.kind, place.tenantId, place.secretId, place.version];
  if (place.kind === 'instance') return [place.kind, place.tenantId, place.instanceId];
  return [place.kind, place.clusterId];
}

function encrypt(key: KeyObject, authenticated: Buffer, clear: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated);
  return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, authenticated: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(authenticated)
    .setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}
