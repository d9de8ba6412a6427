import { createServer, type Server } from 'node:http';
import type Koa from 'koa';
import type { Logger } from 'pino';
import { answerClientErrors } from './client-errors.ts';
import { mostHeaders } from './request-bounds.ts';

interface ServerBounds {
  /** Of the request line and all headers together. */
  headBytes: number;
  headMs: number;
  /** Head and body; an answer may take as long as it takes. */
  requestMs: number;
  idleMs: number;
  /** How often the first two are looked at. */
  lookEveryMs: number;
  connections: number;
}

const bounds: ServerBounds = {
  headBytes: 16 * 1_024,
  headMs: 15_000,
  requestMs: 60_000,
  idleMs: 5_000,
  lookEveryMs: 5_000,
  connections: 10_000,
};

interface ServerOptions extends Partial<ServerBounds> {
  /** Told what the parser refuses, of which the application never hears. */
  logger?: Logger;
}

/** Whoever sends slowly, or nothing, holds a socket for a while and no more than that. */
export function httpServer<State extends Koa.DefaultState>(
  app: Koa<State>,
  { logger, ...changed }: ServerOptions = {},
): Server {
  const { headBytes, headMs, requestMs, idleMs, lookEveryMs, connections } = { ...bounds, ...changed };
  const answer = app.callback();
  const server = createServer(
    {
      maxHeaderSize: headBytes,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: lookEveryMs,
    },
    (request, response) => void answer(request, response),
  );
  // What is a little more gets an answer that says so; this is the parser's own bound.
  server.maxHeadersCount = 2 * mostHeaders;
  server.maxConnections = connections;
  answerClientErrors(server, logger);
  return server;
}
