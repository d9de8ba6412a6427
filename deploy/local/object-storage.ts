import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, ensureDirectory } from './directories.ts';
import { keptSecret } from './kept-secret.ts';
import { rememberedPort } from './ports.ts';
import { endLeftover } from './process-identity.ts';
import { localProcess, startAndWait } from './process.ts';
import type { Report } from './report.ts';
import { ensureSeaweed } from './seaweed-program.ts';
import type { Service } from './service.ts';
import { waitUntil } from './wait-until.ts';

const accessKey = 'open-cluster-claw';
/** Each listens twice: for requests, and for the other parts of the server. */
const partNames = ['master', 'volume', 'filer', 's3'] as const;

export interface ObjectStorage {
  endpoint: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
}

export type LocalObjectStorage = ObjectStorage & Service;

export interface ObjectStorageOptions {
  /** Holds data, ports, credentials and log; made if it does not exist. */
  directory: string;
  report: Report;
  port?: number;
  /** Start it again when it dies by itself. */
  revive?: boolean;
}

/** Starts an S3 server (SeaweedFS, all its parts in one process) on 127.0.0.1 with the data of `directory`. */
export async function startObjectStorage(options: ObjectStorageOptions): Promise<LocalObjectStorage> {
  const { report } = options;
  const directory = ensureDirectory(options.directory);
  const program = await ensureSeaweed({ cache: cacheDirectory(), report });
  // First, because what a killed run left behind still holds the remembered ports.
  await endLeftover(join(directory, 'object-storage.pid'));
  const secretKey = keptSecret(join(directory, 'secret-key'), () => randomBytes(24).toString('base64url'));
  const identities = join(directory, 'identities.json');
  writeFileSync(identities, JSON.stringify(onlyUs(secretKey)), { mode: 0o600 });
  const signingKey = keptSecret(join(directory, 'session-key'), () => randomBytes(32).toString('base64'));
  const sessions = join(directory, 'sessions.json');
  writeFileSync(sessions, JSON.stringify(sessionsBy(signingKey)), { mode: 0o600 });

  const port = await rememberedPort(join(directory, 's3-port'), options.port);
  const ports: string[] = [];
  for (const part of partNames) {
    const own = part === 's3' ? port : await rememberedPort(join(directory, `${part}-port`));
    const internal = await rememberedPort(join(directory, `${part}-grpc-port`));
    ports.push(`-${part}.port=${own}`, `-${part}.port.grpc=${internal}`);
  }
  const server = localProcess(
    {
      name: 'object-storage',
      directory,
      command: program,
      args: [
        '-v=0',
        '-logtostderr=true',
        'server',
        `-dir=${ensureDirectory(join(directory, 'data'))}`,
        '-ip=127.0.0.1',
        '-ip.bind=127.0.0.1',
        '-s3',
        `-s3.config=${identities}`,
        `-s3.iam.config=${sessions}`,
        '-s3.iam=false',
        // Table services that nobody here uses, and sockets that would lie about in /tmp.
        '-s3.port.iceberg=0',
        '-s3.port.lance=0',
        `-s3.localSocket=${join(directory, 's3.sock')}`,
        `-filer.localSocket=${join(directory, 'filer.sock')}`,
        // As many volumes as the disk holds: small ones, and one at a time for each bucket, because a bucket that finds no
        // free one answers 500 for ever.
        '-master.volumeSizeLimitMB=128',
        '-volume.max=0',
        ...ports,
      ],
      cwd: directory,
      env: { ...process.env, WEED_MASTER_VOLUME_GROWTH_COPY_1: '1' },
      stopSignal: 'SIGTERM',
      graceMs: 10_000,
    },
    options.revive ? { revive: report } : {},
  );

  const endpoint = `http://127.0.0.1:${port}`;
  async function answers(): Promise<void> {
    // Without credentials it refuses, which only a server that has read its own can do.
    const { status } = await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
    if (status !== 403) throw new Error(`The S3 server answers ${status}`);
  }
  const serve = () => startAndWait(server, (signal) => waitUntil(answers, { timeoutMs: 60_000, everyMs: 200, signal }));

  report('starting');
  await serve();
  report(`SeaweedFS serves S3 on port ${port}`, 100);

  return {
    endpoint,
    accessKey,
    secretKey,
    bucket: 'open-cluster-claw',
    stop: server.stop,
    kill: server.kill,
    async restart() {
      await server.stop();
      await serve();
    },
  };
}

const onlyUs = (secretKey: string) => ({
  identities: [{ name: accessKey, credentials: [{ accessKey, secretKey }], actions: ['Admin'] }],
});

/** Credentials for one tenant's part are given, and what they do not name is denied. */
const sessionsBy = (signingKey: string) => ({
  sts: { tokenDuration: '15m', maxSessionLength: '1h', issuer: 'open-cluster-claw', signingKey },
  policy: { defaultEffect: 'Deny', storeType: 'memory' },
  providers: [],
  roles: [],
  policies: [],
});
