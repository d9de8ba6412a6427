import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { Pool, type Dispatcher } from 'undici';
import { Problem } from '../../workflows/contracts/problem.ts';
import { auditDenial } from '../audit/audit-denial.ts';
import { auditLook } from '../audit/audit-look.ts';
import type { Admission } from '../http/admission.ts';
import type { HttpContext, HttpMiddleware } from '../http/context.ts';
import { ProblemWithHeaders } from '../http/problem-with-headers.ts';
import { bind } from '../observability/request-context.ts';
import type { Database } from '../persistence/database.ts';
import { temporalUiPath } from './ui-path.ts';

const look = { operationId: 'openTemporalUi', permission: 'temporal:read', looksInto: 'temporal' } as const;
const answerWithinMs = 15_000;
const rewrittenAtMostBytes = 2 * 1024 * 1024;

/** All that the UI is told of a request; above all neither the caller's cookie nor his token. */
const forwarded = ['accept', 'accept-language', 'if-none-match', 'if-modified-since'] as const;
/** All that a browser is told of the UI's answer; it sets no cookie of ours. */
const returned = ['content-type', 'content-length', 'cache-control', 'etag', 'last-modified'] as const;

/** As the UI calls what must not be offered: it then hides it. Whatever it offers all the same is refused here. */
const writesOff = {
  DisableWriteActions: true,
  WorkflowTerminateDisabled: true,
  WorkflowCancelDisabled: true,
  WorkflowSignalDisabled: true,
  WorkflowUpdateDisabled: true,
  WorkflowResetDisabled: true,
  WorkflowPauseDisabled: true,
  ActivityCommandsDisabled: true,
  BatchActionsDisabled: true,
  StartWorkflowDisabled: true,
  HideWorkflowQueryErrors: true,
  ShowTemporalSystemNamespace: false,
  FeedbackURL: '',
};

interface UiProxyDeps {
  /** Origin of the UI; null where there is none. */
  url: string | null;
  publicUrl: string;
  admission: Admission;
  db: Database;
  logger: Logger;
}

interface UiProxy {
  middleware: HttpMiddleware;
  close(): Promise<void>;
}

/**
 * Temporal's UI behind the platform's sign-in: for those who may look there, to read only. It has no sign-in of its own,
 * so that it listens where the api alone reaches it. What changes something there is refused by its method, before it is
 * sent on; the runs that it shows are the platform's matter, not a tenant's.
 */
export function temporalUiProxy({ url, publicUrl, admission, db, logger }: UiProxyDeps): UiProxy {
  const pool =
    url === null
      ? null
      : new Pool(new URL(url).origin, { headersTimeout: answerWithinMs, bodyTimeout: answerWithinMs });

  async function allow(ctx: HttpContext): Promise<void> {
    await admission.arrive(ctx, { isAdmitted: true });
    const caller = await admission.admit(ctx);
    bind({ userId: caller.userId });
    const { requestId } = ctx.state;
    const entry = { caller, on: 'platform', objectId: null, requestId } as const;
    if (!caller.can(look.permission, 'platform')) {
      const reason = `Needed: ${look.permission}.`;
      await auditDenial({ db, logger }, { ...entry, route: look, reason });
      throw new Problem('access.denied', reason);
    }
    await auditLook(db, { ...entry, route: look, query: {} });
  }

  async function answer(ctx: HttpContext, upstream: Pool): Promise<void> {
    if (!ctx.url.startsWith('/')) throw new Problem('request.not-found');
    const reply = await ask(ctx, upstream);
    ctx.status = reply.statusCode;
    for (const name of returned) {
      const value = reply.headers[name];
      if (typeof value === 'string') ctx.set(name, value);
    }
    ctx.set('Content-Security-Policy', policyOf(ctx.host, publicUrl, []));
    const type = String(reply.headers['content-type'] ?? '');
    if (ctx.method === 'HEAD' || reply.statusCode !== 200) {
      // An empty stream keeps Koa from making up a body of its own.
      ctx.body = ctx.method === 'HEAD' ? Readable.from([]) : reply.body;
      if (ctx.method === 'HEAD') reply.body.resume();
    } else if (type.startsWith('text/html')) {
      const page = await textOf(reply);
      ctx.set('Content-Security-Policy', policyOf(ctx.host, publicUrl, inlineScriptsOf(page)));
      ctx.body = page;
    } else if (ctx.path.endsWith('/api/v1/settings')) {
      ctx.body = { ...(JSON.parse(await textOf(reply)) as object), ...writesOff };
    } else {
      ctx.body = reply.body;
    }
  }

  return {
    async middleware(ctx, next) {
      if (ctx.path !== temporalUiPath && !ctx.path.startsWith(`${temporalUiPath}/`)) return next();
      ctx.state.pattern = temporalUiPath;
      ctx.set('Cache-Control', 'no-store');
      await allow(ctx);
      if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
        throw new ProblemWithHeaders('request.method-not-allowed', { Allow: 'GET, HEAD' });
      }
      if (!pool) throw new Problem('request.not-found');
      await answer(ctx, pool);
    },
    close: async () => pool?.destroy(),
  };
}

async function ask(ctx: HttpContext, upstream: Pool): Promise<Dispatcher.ResponseData> {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  const headers = Object.fromEntries(forwarded.flatMap((name) => (ctx.get(name) ? [[name, ctx.get(name)]] : [])));
  try {
    // As it was sent: Koa's own reading of the path would undo the escaping of `/` in the ids of runs.
    return await upstream.request({ path: ctx.url, method: ctx.method, headers, signal: gone.signal });
  } catch (error) {
    throw new Problem('server.unavailable', 'Temporal’s UI does not answer.', { cause: error });
  }
}

async function textOf({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > rewrittenAtMostBytes) throw new Problem('server.unavailable', 'Temporal’s UI answers with too much.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Hashes of the scripts that stand in the page: those, and files below the UI's path, are all that runs. */
export const inlineScriptsOf = (page: string): string[] =>
  [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([^]*?)<\/script>/gi)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );

/**
 * The UI is a stranger on the portal's own origin: its pages reach what is below its path and nothing else, so that a
 * script in them could not use the person's session with the API.
 */
function policyOf(askedHost: string, publicUrl: string, scripts: readonly string[]): string {
  // By the name that the browser knows us by, which need not be the public one; without a scheme it is the page's own.
  const host = /^[\w.-]+(:\d+)?$/.test(askedHost) ? askedHost : new URL(publicUrl).host;
  const own = `${host}${temporalUiPath}/`;
  return [
    `default-src 'none'`,
    `script-src ${[own, ...scripts].join(' ')}`,
    `style-src ${own} 'unsafe-inline'`,
    `img-src ${own} data:`,
    `font-src ${own} data:`,
    `manifest-src ${own} data:`,
    `worker-src ${own} blob:`,
    `connect-src ${own}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
