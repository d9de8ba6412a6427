import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));

export const noSshd = program ? null : 'there is no sshd on this machine (Debian: apt-get install openssh-server)';

export interface TestSshd {
  port: number;
  user: string;
  hostKey: string;
  privateKey: string;
  stop(): Promise<void>;
}

/** A real sshd as an ordinary process on loopback, with keys of its own, for the user of the tests. */
export async function startSshd(): Promise<TestSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'occ-sshd-'));
  const at = (name: string): string => join(folder, name);
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  }
  writeFileSync(at('authorized_keys'), readFileSync(at('user.pub')), { mode: 0o600 });
  const port = await freePort();
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    `PidFile ${at('pid')}`,
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'StrictModes no',
    'Subsystem sftp internal-sftp',
  ];
  writeFileSync(at('config'), `${settings.join('\n')}\n`);
  // It refuses to begin without, and starts itself again by its whole path.
  if (process.getuid?.() === 0) execFileSync('mkdir', ['-p', '/run/sshd']);
  const sshd = spawn(program ?? '', ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  sshd.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(sshd, 'exit');
  while (!said.includes('Server listening')) {
    await Promise.race([once(sshd.stderr, 'data'), ended]);
    if (sshd.exitCode !== null) throw new Error(`sshd has ended: ${said}`);
  }
  const fingerprint = execFileSync('ssh-keygen', ['-l', '-f', at('host.pub')], { encoding: 'utf8' }).split(' ')[1];
  return {
    port,
    user: userInfo().username,
    hostKey: fingerprint ?? '',
    privateKey: readFileSync(at('user'), 'utf8'),
    stop: async () => {
      sshd.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No port is free');
  return address.port;
}
