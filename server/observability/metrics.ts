import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** By declared route, never by path: ids would make a series each. */
  requestSeconds: Histogram<'method' | 'route' | 'status'>;
  streams: Gauge;
  /** Requests that were nobody's, by what they came with; attempts to sign in are in the audit. */
  unauthenticated: Counter<'credential'>;
  /** Answers of 429, by the limit that was reached. */
  limited: Counter<'limit'>;
}

/** Of the api process. Each app has a registry of its own, so that several can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'occ_http_request_duration_seconds',
      help: 'Time to answer, by declared route',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    }),
    streams: new Gauge({
      name: 'occ_streams',
      help: 'Open event streams and downloads',
      registers: [registry],
    }),
    unauthenticated: new Counter({
      name: 'occ_unauthenticated_total',
      help: 'Requests without a session that lives, by what they came with',
      labelNames: ['credential'],
      registers: [registry],
    }),
    limited: new Counter({
      name: 'occ_limited_total',
      help: 'Requests that were refused because a limit was reached',
      labelNames: ['limit'],
      registers: [registry],
    }),
  };
}
