import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';

export interface HealthServerOptions {
  /** 0 for any free port. */
  port: number;
  host?: string;
  ready(): Promise<boolean> | boolean;
  /** Also the place for metrics of the process's own; default metrics are added. */
  registry?: Registry;
}

export interface HealthServer {
  port: number;
  registry: Registry;
  close(): Promise<void>;
}

const plain = 'text/plain; charset=utf-8';

/** `/healthz`, `/readyz` and `/metrics` for the processes that serve nothing else. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const registry = options.registry ?? new Registry();
  collectDefaultMetrics({ register: registry });

  const answer = async (path: string): Promise<[status: number, type: string, body: string]> => {
    if (path === '/healthz') return [200, plain, 'ok'];
    if (path === '/readyz') return (await options.ready()) ? [200, plain, 'ok'] : [503, plain, 'not ready'];
    if (path === '/metrics') return [200, registry.contentType, await registry.metrics()];
    return [404, plain, 'not found'];
  };
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      ([status, type, body]) => response.writeHead(status, { 'Content-Type': type }).end(body),
      // A check that throws has found that it is not ready; the process logs the reason where it arises.
      () => response.writeHead(503, { 'Content-Type': plain }).end('not ready'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    registry,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
