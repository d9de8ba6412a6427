import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { buildIdOf } from '../../activities/versions/build-id.ts';
import { releaseBuild } from '../../activities/versions/release.ts';
import { keepCredential } from '../../server/clusters/commands/keep-credential.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { Database, platformScope } from '../../server/persistence/database.ts';
import { loadSealingKey, type SealingKey } from '../../server/secrets/sealing-key.ts';
import { openTemporal, type Temporal } from '../../server/temporal/client.ts';
import { dispatchTo } from '../../server/temporal/dispatch.ts';
import { operationRuns, type OperationRuns } from '../../server/temporal/operation-runs.ts';
import { rolloutRuns } from '../../server/temporal/rollout-runs.ts';
import { storageVariables } from '../../deploy/local/product-environment.ts';
import type { ObjectStorage } from '../../deploy/local/object-storage.ts';
import { createTestDatabase } from '../factories/test-database.ts';
import { uniqueName } from '../factories/people.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../factories/tenants.ts';
import { startScriptedCluster, type ScriptedServer } from '../fakes/scripted-server.ts';
import { ownBucket } from '../platform/s3.ts';
import { startChild, type Child } from './child.ts';
import { ownNamespace, type TemporalPlace } from './temporal-place.ts';

export interface RigOptions {
  /** Left out: a database of its own on the server that all suites share. */
  appUrl?: string;
  /** Left out: a namespace of its own on the shared server. */
  temporal?: TemporalPlace;
  /** Left out: a bucket of its own on the shared server. */
  storage?: ObjectStorage;
  /** Further settings of its processes. */
  environment?: NodeJS.ProcessEnv;
}

/** The engine room: database, Temporal, a scripted cluster, and real worker and observer processes on them. */
export interface Rig {
  /** Books operations and starts their workflows, as the api does. */
  db: Database;
  /** Books operations, and dies before it starts their workflows. */
  forgetful: Database;
  runs: OperationRuns;
  temporal: Temporal;
  key: SealingKey;
  scripted: ScriptedServer;
  tenant: TestTenant;
  project: TestProject;
  clusterId: string;
  agentVersionId: string;
  /** In the order in which they were started. */
  workers: Child[];
  /** `build` is another one than that of these sources; new workflows go to the build started last. */
  startWorker(name?: string, build?: { id: string; bundles: string }): Promise<Child>;
  directory: string;
  /** What its workers sign the audit with. */
  auditKeyFile: string;
  startObserver(name?: string): Promise<Child>;
  stop(): Promise<void>;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const directory = mkdtempSync(join(process.env.TEST_DIRECTORY ?? tmpdir(), 'occ-rig-'));
  const ending: (() => Promise<unknown> | void)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const [appUrl, place, scripted] = await Promise.all([
    options.appUrl ?? createTestDatabase().then((made) => (ending.push(() => made.drop()), made.appUrl)),
    options.temporal ?? ownNamespace(),
    startScriptedCluster(),
  ]);
  const keyFile = join(directory, 'secrets-key');
  writeFileSync(keyFile, randomBytes(32).toString('base64'));
  const auditKeyFile = join(directory, 'audit-key');
  writeFileSync(auditKeyFile, randomBytes(32).toString('base64'));
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: 'test',
    DATABASE_URL: appUrl,
    TEMPORAL_ADDRESS: place.address,
    TEMPORAL_NAMESPACE: place.namespace,
    SECRETS_KEY_FILE: keyFile,
    AUDIT_KEY_FILE: auditKeyFile,
    ...storageVariables(options.storage ?? ownBucket()),
    LOG_LEVEL: 'info',
    USAGE_INTERVAL_SECONDS: '1',
    ...options.environment,
  };

  const temporal = openTemporal(place);
  const runs = operationRuns(temporal.client);
  const log = createLogger({ name: 'rig', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const open = (dispatch?: ReturnType<typeof dispatchTo>) =>
    Database.open({ url: appUrl, applicationName: 'rig', poolSize: 4, dispatch });
  const db = await open(dispatchTo(runs, rolloutRuns(temporal.client), log));
  const forgetful = await open();
  ending.push(
    () => db.close(),
    () => forgetful.close(),
    () => temporal.close(),
    () => scripted.stop(),
  );

  const key = loadSealingKey(keyFile);
  const tenant = await buildTenant(db);
  const project = await buildProject(db, tenant);
  const { clusterId, agentVersionId } = await buildPlace(db, key, scripted.url);
  const workers: Child[] = [];
  let released: string | undefined;
  const start = async (kind: 'worker' | 'observer', name: string, more: NodeJS.ProcessEnv = {}): Promise<Child> => {
    const child = await startChild(kind, { directory, name, environment: { ...environment, ...more } });
    ending.push(
      () => child.kill('SIGCONT'),
      () => child.stop(),
    );
    return child;
  };

  return {
    db,
    forgetful,
    runs,
    temporal,
    key,
    scripted,
    tenant,
    project,
    clusterId,
    agentVersionId,
    directory,
    auditKeyFile,
    workers,
    async startWorker(name = 'worker', build) {
      const own = build && {
        SCRIPTED_BUILD_ID: build.id,
        WORKFLOW_BUNDLES_DIR: build.bundles,
        SCRIPTED_LOST_AFTER_MS: '1',
      };
      const child = await start('worker', name, own);
      workers.push(child);
      const buildId = build?.id ?? buildIdOf();
      if (released !== buildId) await releaseBuild(temporal, buildId);
      released = buildId;
      return child;
    },
    startObserver: (name = 'observer') => start('observer', name),
    async stop() {
      scripted.cluster.down = false;
      for (const end of ending.toReversed()) await end();
    },
  };
}

async function buildPlace(db: Database, key: SealingKey, url: string) {
  const clusterId = uuidv7();
  const agentVersionId = uuidv7();
  await db.transaction(platformScope(), async (tx) => {
    await tx.query(`insert into clusters (id, name, runtime, phase) values (?, ?, 'kubernetes', 'Ready')`, [
      clusterId,
      uniqueName('cluster'),
    ]);
    await keepCredential(tx, key, clusterId, url);
    await tx.query(`insert into agent_versions (id, kind, version, image) values (?, 'openclaw', '2026.9.6', ?)`, [
      agentVersionId,
      'openclaw:test',
    ]);
  });
  return { clusterId, agentVersionId };
}
