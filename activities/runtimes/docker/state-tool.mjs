// Runs in a short container beside the state of an instance, by the Node of its image, with nothing else mounted and no
// network. What it is to do comes in TASK; what goes in comes in pieces, each with its length, the last one empty; what
// comes out is its output; and the last line of its error output is the verdict, without which it has broken off.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { constants, promises as fs, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

const { root, verb, path, sha256, leftOut = [], beginning } = JSON.parse(process.env.TASK);
const arriving = '.restoring';
// Modes of files are those of the archive.
process.umask(0);
// Of the file system itself; nobody but its superuser may read it.
const notState = ['lost+found', arriving];
const idleAfterMs = 60_000;

class Refused extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}
const refused = (detail) => new Refused('file.path-refused', detail);
const unknown = () => new Refused('file.unknown', `There is no ${path}.`);

let isHeard = false;

/** What is sent to us. An end that is not announced is a connection that broke. */
async function* incoming() {
  isHeard = true;
  let rest = Buffer.alloc(0);
  let begun = false;
  let idle = setTimeout(() => process.exit(3), idleAfterMs);
  try {
    for await (const chunk of process.stdin) {
      clearTimeout(idle);
      idle = setTimeout(() => process.exit(3), idleAfterMs);
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!begun) {
        // Podman sends us what it was itself asked with.
        const at = rest.indexOf(beginning);
        if (at === -1) continue;
        rest = rest.subarray(at + beginning.length);
        begun = true;
      }
      while (rest.length >= 4) {
        const length = rest.readUInt32BE(0);
        if (length === 0) return;
        if (rest.length < 4 + length) break;
        yield rest.subarray(4, 4 + length);
        rest = rest.subarray(4 + length);
      }
    }
  } finally {
    clearTimeout(idle);
  }
  throw new Error('what was being sent broke off');
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

async function readState() {
  const names = readdirSync(root).filter((name) => !notState.includes(name) && !leftOut.includes(name));
  // By name: small tars cannot leave out. None makes an archive of nothing.
  const what = names.length > 0 ? names.map((name) => `./${name}`) : ['--no-recursion', '.'];
  const tar = spawn('tar', ['-c', '-C', root, ...what], { stdio: ['ignore', 'pipe', 'pipe'] });
  const finished = ended(tar);
  await Promise.all([finished, pipeline(tar.stdout, createGzip({ level: 3 }), process.stdout, { end: false })]);
}

async function writeState() {
  const place = join(root, arriving);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  let tar;
  try {
    const hash = createHash('sha256');
    tar = spawn('tar', ['-x', '-C', place], { stdio: ['pipe', 'ignore', 'pipe'] });
    const finished = ended(tar);
    async function* hashed(source) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    }
    let isWhole = false;
    async function* toItsEnd(source) {
      yield* source;
      isWhole = true;
    }
    const fed = pipeline(Readable.from(incoming(), { objectMode: false }), hashed, createGunzip(), toItsEnd, tar.stdin);
    const [, verdict] = await Promise.allSettled([fed, finished]);
    // What tar says (no space left) is the cause of what the pipe says (it broke).
    if (verdict.status === 'rejected') throw verdict.reason;
    // One that has read the end of the archive may go before its pipe is told that all has been written.
    if (!isWhole) await fed;
    if (hash.digest('hex') !== sha256) throw new Error('The archive is not the announced one.');
  } catch (error) {
    tar?.kill('SIGKILL');
    rmSync(place, { recursive: true, force: true });
    throw error;
  }
  // From here on nothing waits for anything, so that only the end of the process could come in between.
  for (const name of readdirSync(root)) {
    if (!notState.includes(name)) rmSync(join(root, name), { recursive: true, force: true });
  }
  for (const name of readdirSync(place)) renameSync(join(place, name), join(root, name));
  rmdirSync(place);
}

const within = (place) => place === root || place.startsWith(`${root}/`);

/** Where a path really leads, over links too, as long as they stay within. */
async function follow(names, make = false) {
  let place = root;
  for (const name of names) {
    const next = join(place, name);
    if (make) await fs.mkdir(next, 0o700).catch((error) => (error.code === 'EEXIST' ? undefined : fault(error)));
    place = (await fs.lstat(next).catch(fault)).isSymbolicLink() ? await fs.realpath(next).catch(fault) : next;
    if (!within(place)) throw refused(`${path} leads out of the state.`);
  }
  return place;
}

/** Held open, so that it stays what was looked at, whatever the agent does with its links meanwhile. */
async function open(place, flags) {
  const opened = await fs.open(place, flags | constants.O_NOFOLLOW).catch(fault);
  if (!within(await fs.readlink(`/proc/self/fd/${opened.fd}`))) throw refused(`${path} leads out of the state.`);
  return opened;
}

/** A folder closes when nobody refers to it any more. */
const held = [];

async function openFolder(names, { make = false } = {}) {
  const folder = await open(await follow(names, make), constants.O_DIRECTORY | constants.O_RDONLY);
  held.push(folder);
  return `/proc/self/fd/${folder.fd}`;
}

function fault(error) {
  if (error.code === 'ENOENT') throw unknown();
  if (['ELOOP', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code)) throw refused(`${path} is no path to a file here.`);
  throw error;
}

const parts = (path ?? '').split('/').filter((part) => part !== '');
const above = parts.slice(0, -1);
const name = parts.at(-1);
const kindOf = (entry) =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'other';

async function list() {
  const folder = await openFolder(parts);
  const entries = [];
  for (const entry of await fs.readdir(folder)) {
    if (parts.length === 0 && notState.includes(entry)) continue;
    const stat = await fs.lstat(join(folder, entry)).catch(() => undefined);
    // Gone between the two looks.
    if (!stat) continue;
    entries.push({ name: entry, kind: kindOf(stat), sizeBytes: stat.size, modifiedAt: stat.mtime.toISOString() });
  }
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  process.stdout.write(JSON.stringify(entries));
}

async function read() {
  if (!name) throw refused('The top of the state is no file.');
  // Without waiting, or a pipe that nobody writes to would hold us.
  const file = await open(await follow(parts), constants.O_RDONLY | constants.O_NONBLOCK);
  if (!(await file.stat()).isFile()) throw refused(`${path} is no plain file.`);
  await pipeline(file.createReadStream(), process.stdout, { end: false });
}

async function write() {
  if (!name) throw refused('The top of the state is no file.');
  const folder = await openFolder(above, { make: true });
  const present = await fs
    .lstat(join(folder, name))
    .catch((error) => (error.code === 'ENOENT' ? undefined : fault(error)));
  if (present && !present.isFile()) throw refused(`${path} is there, and no plain file.`);
  const arrivingFile = join(folder, `.${randomUUID()}.arriving`);
  try {
    const file = await fs.open(arrivingFile, 'wx', present ? present.mode & 0o777 : 0o600);
    await pipeline(Readable.from(incoming(), { objectMode: false }), file.createWriteStream({ flush: true }));
    await fs.rename(arrivingFile, join(folder, name));
  } catch (error) {
    await fs.rm(arrivingFile, { force: true });
    throw error;
  }
}

async function remove() {
  if (!name) throw refused('The top of the state cannot be removed.');
  let folder;
  try {
    folder = await openFolder(above);
  } catch (error) {
    if (error.code === 'file.unknown') return;
    throw error;
  }
  await fs.rm(join(folder, name), { recursive: true, force: true }).catch(fault);
}

const verbs = { 'read-state': readState, 'write-state': writeState, list, read, write, remove };

/** Who goes while somebody still speaks breaks the connection, and takes the verdict with it. */
async function hearOut() {
  if (isHeard || !['write', 'write-state'].includes(verb)) return;
  const pieces = incoming();
  while (!(await pieces.next()).done);
}

let verdict = { ok: true };
try {
  await verbs[verb]();
} catch (error) {
  // What breaks off here is refused already.
  await hearOut().catch(() => undefined);
  const full = ['ENOSPC', 'EDQUOT'].includes(error.code);
  verdict = {
    ok: false,
    code: error instanceof Refused ? error.code : null,
    detail: full ? 'no space left' : error.message,
  };
}
// What reads us ends with the verdict, and with as much output as it says: the two come on ways of their own.
const { bytesWritten: outputBytes } = process.stdout;
const said = JSON.stringify({ ...verdict, outputBytes });
process.stdout.write('', () => process.stderr.write(`\n${said}\n`, () => process.exit(0)));
