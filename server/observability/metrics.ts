import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** By declared route, never by path: ids would make a series each. */
  requestSeconds: Histogram<'method' | 'route' | 'status'>;
  eventStreams: Gauge;
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
    eventStreams: new Gauge({
      name: 'occ_event_streams',
      help: 'Open event streams',
      registers: [registry],
    }),
  };
}
