/** `crypto.randomUUID` exists on secure origins only; a portal in a closed network may be served without TLS. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * One key for as long as the same thing is asked for: a repeated click or a retry after a lost answer does it once.
 * `done` begins anew, so that the same can be asked for again on purpose.
 */
export function useIdempotencyKey() {
  let asked = { body: '', key: '' };
  return {
    headerFor(body: unknown): { 'Idempotency-Key': string } {
      const json = JSON.stringify(body);
      if (json !== asked.body) asked = { body: json, key: newKey() };
      return { 'Idempotency-Key': asked.key };
    },
    done(): void {
      asked = { body: '', key: '' };
    },
  };
}
