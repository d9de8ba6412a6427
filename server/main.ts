import process from 'node:process';
import { createApp } from './app.ts';
import { apiConfig, maskedConfig } from './config.ts';
import { httpServer } from './http/http-server.ts';
import { createLogger } from './observability/logger.ts';
import { Database } from './persistence/database.ts';
import { createShutdown } from './shutdown.ts';
import { maintenanceRuns } from './temporal/maintenance-runs.ts';
import { openTemporal } from './temporal/client.ts';
import { dispatchTo } from './temporal/dispatch.ts';
import { operationRuns } from './temporal/operation-runs.ts';
import { rolloutRuns } from './temporal/rollout-runs.ts';

const config = apiConfig(process.env);
const logger = createLogger({ name: 'api', level: config.logLevel });
const shutdown = createShutdown(logger);
shutdown.onSignals();

const temporal = openTemporal(config.temporal);
const db = await Database.open({
  url: config.databaseUrl,
  applicationName: 'occ-api',
  dispatch: dispatchTo(operationRuns(temporal.client), rolloutRuns(temporal.client), logger),
});
const { checkDrift, checkpointAudit } = maintenanceRuns(temporal.client);
const app = await createApp({ config, db, logger, checkDrift, checkpointAudit });
const server = httpServer(app.koa, { logger });
await new Promise<void>((resolve, reject) => {
  server.once('error', reject);
  server.listen(config.port, config.host, resolve);
});
logger.info(maskedConfig(config), 'listening');

shutdown.add('drain', () => app.drain());
shutdown.add('event streams', () => app.close());
shutdown.add('server', async () => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), 5_000);
  await closed;
  clearTimeout(grace);
});
shutdown.add('temporal', () => temporal.close());
shutdown.add('database', () => db.close());
