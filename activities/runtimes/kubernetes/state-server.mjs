// Runs in a short pod beside the volume of an instance, by the Node of its own image, and listens only to the pod itself:
// the platform comes through a tunnel. GET /state gives the whole state as a compressed archive; PUT /state takes one,
// unpacks it beside the present state, and lets it take its place once all of it has come and is the announced one.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

const { STATE_ROOT: root, STATE_LEFT_OUT: leftOut, STATE_PORT: port } = process.env;
const arriving = '.restoring';
// Of the file system itself; nobody but its superuser may read it.
const notState = ['lost+found', arriving];
const idleAfterMs = 60_000;

let requests = 0;
// Tar, while an archive comes in.
let unpacking;
let idle = setTimeout(end, idleAfterMs);
function end() {
  process.exit(0);
}

/** Resolves when tar has ended well, rejects with its own words otherwise. */
function ended(tar) {
  let said = '';
  tar.stderr.setEncoding('utf8').on('data', (text) => (said = `${said}${text}`.slice(-500)));
  return new Promise((resolve, reject) => {
    tar.on('error', reject);
    tar.on('close', (code) => (code === 0 ? resolve() : reject(new Error(said.trim() || `tar ended with ${code}`))));
  });
}

async function send(response) {
  const excluded = [...notState, ...JSON.parse(leftOut)].map((name) => `--exclude=./${name}`);
  const tar = spawn('tar', ['-c', '-C', root, ...excluded, '.'], { stdio: ['ignore', 'pipe', 'pipe'] });
  response.writeHead(200, { 'content-type': 'application/gzip' });
  // The end of the answer waits for tar's verdict: a cut answer is how the other side learns of a fault.
  const finished = ended(tar);
  finished.catch(() => response.destroy());
  async function* held(source) {
    yield* source;
    await finished;
  }
  await pipeline(tar.stdout, held, createGzip({ level: 3 }), response);
}

async function receive(request) {
  const place = join(root, arriving);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  let tar;
  try {
    const hash = createHash('sha256');
    unpacking = tar = spawn('tar', ['-x', '-p', '-C', place], { stdio: ['pipe', 'ignore', 'pipe'] });
    const finished = ended(tar);
    async function* hashed(source) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    }
    const fed = pipeline(request, hashed, createGunzip(), tar.stdin);
    const [, verdict] = await Promise.allSettled([fed, finished]);
    // What tar says (no space left) is the cause of what the pipe says (it broke).
    if (verdict.status === 'rejected') throw verdict.reason;
    await fed;
    if (hash.digest('hex') !== request.headers['x-sha256']) throw new Error('The archive is not the announced one.');
  } catch (error) {
    discard(tar);
    throw error;
  }
  // From here on nothing waits for anything, so that only the end of the process could come in between.
  for (const name of readdirSync(root)) {
    if (!notState.includes(name)) rmSync(join(root, name), { recursive: true, force: true });
  }
  for (const name of readdirSync(place)) renameSync(join(place, name), join(root, name));
  rmdirSync(place);
  unpacking = undefined;
}

function discard(tar) {
  tar?.kill('SIGKILL');
  rmSync(join(root, arriving), { recursive: true, force: true });
  unpacking = undefined;
}

async function answer(request, response) {
  if (request.method === 'GET' && request.url === '/state') return send(response);
  if (request.method === 'PUT' && request.url === '/state') await receive(request);
  response.writeHead(200).end();
}

const server = createServer((request, response) => {
  requests += 1;
  clearTimeout(idle);
  response.on('close', () => {
    requests -= 1;
    if (requests === 0) idle = setTimeout(end, idleAfterMs);
  });
  answer(request, response).catch((error) => {
    process.stderr.write(`${error}\n`);
    if (response.headersSent) response.destroy();
    else response.writeHead(409).end(String(error instanceof Error ? error.message : error));
  });
});
// An upload may pause for as long as its source does.
server.requestTimeout = 0;
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => {
  if (unpacking) discard(unpacking);
  end();
});
