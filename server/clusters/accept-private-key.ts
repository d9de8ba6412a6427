import { Problem } from '../../workflows/contracts/problem.ts';

const armour =
  /^-----BEGIN (OPENSSH |RSA |EC |)PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\s]+)-----END \1PRIVATE KEY-----\s*$/;
/** Of the OpenSSH format (PROTOCOL.key): magic, then the length and the name of the cipher. */
const openSshUnlocked = Buffer.from('openssh-key-v1\0\0\0\0\u0004none', 'latin1');

/**
 * Refuses what is no private key, and one that nobody could open: there is nobody to ask for a passphrase.
 * @throws Problem 'cluster.key-refused' with a pointer
 */
export function acceptPrivateKey(privateKey: string): void {
  const [, format, body = ''] = armour.exec(privateKey) ?? [];
  if (format === undefined) throw refused('no private key in PEM or OpenSSH format, or one with a passphrase');
  if (format !== 'OPENSSH ') return;
  const bytes = Buffer.from(body, 'base64');
  if (!bytes.subarray(0, openSshUnlocked.length).equals(openSshUnlocked)) throw refused('it has a passphrase');
}

const refused = (detail: string): Problem =>
  new Problem('cluster.key-refused', undefined, { faults: [{ pointer: '/privateKey', detail }] });
