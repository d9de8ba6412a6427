import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HttpMiddleware } from './context.ts';

interface Asset {
  bytes: Buffer;
  gzipped: Buffer | null;
  type: string;
  etag: string;
}

/** What Vite puts here has a hash of its content in its name. */
const hashedFolder = '/assets/';
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt', '.map']);

/**
 * The built portal, and its page for every address that belongs to the portal's own router. The files are listed once:
 * only what is in the list can be asked for, so that no path leads out of the folder.
 */
export function portal(webRoot: string): HttpMiddleware {
  const files = new Map(listFiles(webRoot).map((file) => [`/${relative(webRoot, file).split(sep).join('/')}`, file]));
  const loaded = new Map<string, Asset>();
  const load = (path: string): Asset | undefined => {
    const file = files.get(path);
    if (!file) return undefined;
    const asset = loaded.get(path) ?? read(file);
    loaded.set(path, asset);
    return asset;
  };
  if (!files.has('/index.html')) throw new Error(`${webRoot} holds no index.html: build the portal first`);

  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const path = ctx.path === '/' ? '/index.html' : ctx.path;
    const asset = load(path) ?? (extname(path) === '' ? load('/index.html') : undefined);
    if (!asset) return next();

    ctx.set('Cache-Control', path.startsWith(hashedFolder) ? 'public, max-age=31536000, immutable' : 'no-cache');
    ctx.set('ETag', asset.etag);
    ctx.vary('Accept-Encoding');
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    const gzipped = ctx.acceptsEncodings('gzip', 'identity') === 'gzip' ? asset.gzipped : null;
    if (gzipped) ctx.set('Content-Encoding', 'gzip');
    ctx.type = asset.type;
    ctx.body = gzipped ?? asset.bytes;
  };
}

const listFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

function read(file: string): Asset {
  const bytes = readFileSync(file);
  const extension = extname(file);
  return {
    bytes,
    gzipped: compressible.has(extension) && bytes.length > 1024 ? gzipSync(bytes) : null,
    // XML says nothing else of its encoding, and Koa adds it to what is text only.
    type: extension === '.svg' ? 'image/svg+xml; charset=utf-8' : extension,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
  };
}
