import type Koa from 'koa';
import type { Logger } from 'pino';
import { accessNotices } from './access/access-notices.ts';
import { createRights } from './access/rights.ts';
import { loadAuditKeys, noAuditKeys } from './audit/checkpoint.ts';
import type { ApiConfig } from './config.ts';
import { eventFeed } from './events/event-feed.ts';
import { admission } from './http/admission.ts';
import { application } from './http/application.ts';
import type { AnyRoute } from './http/route.ts';
import type { RequestState } from './http/context.ts';
import { accessTokens } from './identity/access-token.ts';
import { authenticator } from './identity/authenticate.ts';
import { sessionLife } from './identity/session-life.ts';
import { attempts } from './limits/attempts.ts';
import { rateLimits } from './limits/rate-limits.ts';
import { streamPlaces } from './limits/stream-places.ts';
import { createMetrics } from './observability/metrics.ts';
import type { Database } from './persistence/database.ts';
import { allRoutes } from './routes.ts';
import { loadSealingKey } from './secrets/sealing-key.ts';
import { temporalUiPath } from './temporal-ui/ui-path.ts';
import { temporalUiProxy } from './temporal-ui/ui-proxy.ts';

export interface App {
  koa: Koa<RequestState>;
  /** From here on `/readyz` says no, so that no new requests are sent here. */
  drain(): void;
  /** Ends the event streams; whatever else is under way goes on. */
  close(): Promise<void>;
}

export interface AppOptions {
  config: ApiConfig;
  db: Database;
  logger: Logger;
  /** See `DriftDeps`. */
  checkDrift: (instanceId: string) => Promise<void>;
  /** See `AuditDeps`. */
  checkpointAudit: () => Promise<void>;
  /** Beside the API's own. */
  furtherRoutes?: readonly AnyRoute[];
  /** How long an event stream takes its caller's rights for granted. */
  streamRecheckMs?: number;
  /** See `rateLimits` and `attempts`. */
  limitsClock?: (() => number) | undefined;
}

/** The composition root of the api process: what is left to the caller is the database and the listening. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, db, logger } = options;
  const rights = await createRights({ db });
  const notices = accessNotices({ databaseUrl: config.databaseUrl, logger });
  notices.follow((change) => {
    if (change === 'everything') rights.forget(change);
    else if ('tenantId' in change) rights.forget([change.tenantId]);
  });
  const tokens = accessTokens(config.tokenKey);
  const authenticate = authenticator({
    db,
    rights,
    tokens,
    sessionLife: sessionLife({ db, logger }),
  });
  const feed = eventFeed({ databaseUrl: config.databaseUrl, logger });
  const sealingKey = loadSealingKey(config.secretsKeyFile);
  const auditKeys = config.auditPublicKeyFile ? loadAuditKeys(config.auditPublicKeyFile) : noAuditKeys;
  const metrics = createMetrics();
  const limits = rateLimits({ db, perMinute: config.perMinute, clock: options.limitsClock });
  const tries = attempts({ db, metrics, clock: options.limitsClock });
  const { publicUrl } = config;
  const admitted = admission({ authenticate, limits, metrics });
  const temporalUi = temporalUiProxy({ url: config.temporalUiUrl, publicUrl, admission: admitted, db, logger });
  let draining = false;

  const koa = application({
    db,
    logger,
    authenticate,
    admission: admitted,
    attempts: tries,
    places: streamPlaces(config.streams, metrics.streams),
    trustedProxies: config.trustedProxies,
    metrics,
    checkAnswers: !config.isProduction,
    publicUrl,
    webRoot: config.webRoot,
    temporalUi: temporalUi.middleware,
    routes: [
      ...(options.furtherRoutes ?? []),
      ...allRoutes({
        echoModelUrl: config.echoModelUrl,
        db,
        logger,
        authenticate,
        tokens,
        attempts: tries,
        rights,
        feed,
        notices,
        publicUrl,
        sealingKey: () => sealingKey,
        temporalUi: config.temporalUiUrl
          ? { url: new URL(temporalUiPath, publicUrl).href, namespace: config.temporal.namespace }
          : null,
        recheckMs: options.streamRecheckMs,
        checkDrift: options.checkDrift,
        checkpointAudit: options.checkpointAudit,
        auditKeys: () => auditKeys,
      }),
    ],
    ready: async () => !draining && (await answers(db)),
  });
  return {
    koa,
    drain: () => {
      draining = true;
    },
    async close() {
      await Promise.all([feed.close(), notices.close(), temporalUi.close()]);
    },
  };
}

async function answers(db: Database): Promise<boolean> {
  try {
    await db.execute('select 1');
    return true;
  } catch {
    // That is the answer; the requests that need the database say why in the log.
    return false;
  }
}
