import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import { loadAuditSigner, type AuditSigner } from '../../server/audit/checkpoint.ts';
import { createApp, type AppOptions } from '../../server/app.ts';
import { apiConfig } from '../../server/config.ts';
import { httpServer } from '../../server/http/http-server.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { Database } from '../../server/persistence/database.ts';
import type { OperationDispatch } from '../../server/persistence/transaction.ts';
import { ApiClient } from './api-client.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

export interface TestApi {
  url: string;
  /** As the app role, like the api's own. */
  db: Database;
  database: TestDatabase;
  /** Nobody, yet. */
  anyone: ApiClient;
  /** Whose signatures the api takes for its own. */
  auditSigner: AuditSigner;
  /** What the api signs its bearer tokens with. */
  tokenKey: Uint8Array;
  close(): Promise<void>;
}

export interface TestApiOptions
  extends
    Pick<AppOptions, 'furtherRoutes' | 'streamRecheckMs' | 'limitsClock'>,
    Partial<Pick<AppOptions, 'checkDrift' | 'checkpointAudit'>> {
  /** Where booked operations go; nowhere when left out, as if the workflow engine were away. */
  dispatch?: OperationDispatch;
  webRoot?: string;
  temporalUiUrl?: string;
  /** Takes all that the api logs, down to the least of it. */
  logTo?: DestinationStream;
  onQuery?: (sql: string) => void;
  /** Settings beside those that every test has, such as `RATE_LIMIT_USER`. */
  environment?: Record<string, string>;
  /** A further replica on the database of another, which drops it. */
  database?: TestDatabase;
}

/** The real application on a free port, as the app role, on a database of its own. */
export async function startApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = options.database ?? (await createTestDatabase());
  const directory = mkdtempSync(join(tmpdir(), 'occ-test-api-'));
  const keyFile = (name: string): string => {
    const file = join(directory, name);
    writeFileSync(file, randomBytes(32).toString('base64'));
    return file;
  };
  const auditSigner = loadAuditSigner(keyFile('audit-key'));
  const publicKeyFile = join(directory, 'audit-key.pub');
  writeFileSync(publicKeyFile, auditSigner.keys.text);
  const config = apiConfig({
    NODE_ENV: 'test',
    DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    TEMPORAL_UI_URL: options.temporalUiUrl ?? 'http://127.0.0.1:1',
    SECRETS_KEY_FILE: keyFile('secrets-key'),
    TOKEN_KEY_FILE: keyFile('token-key'),
    AUDIT_PUBLIC_KEY_FILE: publicKeyFile,
    PUBLIC_URL: 'https://portal.example.test',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    WEB_ROOT: options.webRoot,
    ...options.environment,
  });
  const { logTo } = options;
  const logger = createLogger({
    name: 'api',
    level: logTo ? 'trace' : config.logLevel,
    ...(logTo && { destination: logTo }),
  });
  const { dispatch, onQuery } = options;
  const db = await Database.open({
    url: config.databaseUrl,
    applicationName: 'occ-test-api',
    dispatch,
    onQuery,
  });
  const app = await createApp({
    checkDrift: withoutTemporal,
    checkpointAudit: withoutTemporal,
    ...options,
    config,
    db,
    logger,
  });
  const server = httpServer(app.koa);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    db,
    database,
    anyone: new ApiClient(url),
    auditSigner,
    tokenKey: config.tokenKey,
    async close() {
      await app.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.close();
      if (!options.database) await database.drop();
      rmSync(directory, { recursive: true });
    },
  };
}

const withoutTemporal = (): Promise<never> => Promise.reject(new Error('this test runs without Temporal'));
