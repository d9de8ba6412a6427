// Works on one file or folder of an instance's state, in the container of its agent or in a pod beside its volume, by the
// Node of its image: `node -e … -- <root> <list|read|write|remove> <names of the path as JSON>`. It answers a line of
// JSON, `{"code"}` for what it refuses, and after it what is asked for.
//
// Links are followed once, to find what a path leads to; if that is within the root, the way there is walked again
// without following any, each folder opened from the one before. Who swaps a folder for a link meanwhile is refused.
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [root, what, namesText] = process.argv.slice(1);
const names = JSON.parse(namesText);
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_CREAT, O_EXCL, O_WRONLY } = fs.constants;
// Of the file system itself, and of what is being put back.
const notState = ['lost+found', '.restoring'];
const unfinished = '.unfinished-';

class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}
const refused = () => new Refused('file.path-refused');
const unknown = () => new Refused('file.unknown');

/** A name below an open folder, whatever has become of the path to it since. */
const below = (folder, name) => `/proc/self/fd/${folder}/${name}`;

function openRoot() {
  return fs.openSync(root, O_RDONLY | O_DIRECTORY);
}

function openFolder(parent, name, { make }) {
  const at = below(parent, name);
  if (make) {
    try {
      fs.mkdirSync(at);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  return fs.openSync(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/** The real names of a path, all links followed. What is not there yet has its own. */
function resolved(path) {
  const realRoot = fs.realpathSync(root);
  for (let length = path.length; ; length -= 1) {
    const at = join(realRoot, ...path.slice(0, length));
    let real;
    try {
      real = fs.realpathSync(at);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      // Nothing behind a link is something else than nothing.
      if (fs.lstatSync(at, { throwIfNoEntry: false })) throw refused();
      continue;
    }
    const within = relative(realRoot, real);
    if (within === '..' || within.startsWith('../')) throw refused();
    return [...within.split('/').filter(Boolean), ...path.slice(length)];
  }
}

function walk(path, options) {
  let folder = openRoot();
  for (const name of path) folder = openFolder(folder, name, options);
  return folder;
}

const kindOf = (stats) =>
  stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';

function list() {
  const folder = walk(resolved(names), { make: false });
  const entries = [];
  for (const name of fs.readdirSync(below(folder, '.'))) {
    if (names.length === 0 && notState.includes(name)) continue;
    const stats = fs.lstatSync(below(folder, name), { throwIfNoEntry: false });
    if (!stats) continue;
    const kind = kindOf(stats);
    entries.push({ name, kind, sizeBytes: kind === 'file' ? stats.size : 0, modifiedAt: stats.mtime.toISOString() });
  }
  say({ entries: entries.sort((one, other) => (one.name < other.name ? -1 : 1)) });
}

/** The folder of what is named, and its name there. */
function placeOf(path, options) {
  if (path.length === 0) throw refused();
  return { folder: walk(path.slice(0, -1), options), name: path.at(-1) };
}

async function read() {
  const { folder, name } = placeOf(resolved(names), { make: false });
  // Not waiting for whoever writes into a pipe.
  const file = fs.openSync(below(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fs.fstatSync(file).isFile()) throw refused();
  say({});
  await pipeline(fs.createReadStream('', { fd: file }), process.stdout);
}

/** Its input is pieces, each with its length before it; an empty one says that all has come and may be written. */
async function write() {
  const { folder, name } = placeOf(resolved(names), { make: true });
  const present = fs.lstatSync(below(folder, name), { throwIfNoEntry: false });
  if (present && !present.isFile()) throw refused();
  const arriving = below(folder, unfinished + randomUUID());
  const mode = present ? present.mode & 0o777 : 0o644;
  const file = fs.openSync(arriving, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    say({});
    if (!(await receive(file))) return;
    if (present) fs.fchmodSync(file, mode);
    fs.fsyncSync(file);
    fs.renameSync(arriving, below(folder, name));
    say({});
  } finally {
    fs.rmSync(arriving, { force: true });
  }
}

async function receive(file) {
  let rest = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length === 0) return true;
      if (rest.length < 4 + length) break;
      for (let from = 4; from < 4 + length;) from += fs.writeSync(file, rest, from, 4 + length - from);
      rest = rest.subarray(4 + length);
    }
  }
  return false;
}

function remove() {
  // The link itself, not what it leads to.
  const parent = resolved(names.slice(0, -1));
  const { folder, name } = placeOf([...parent, ...names.slice(-1)], { make: false });
  if (names.length === 1 && notState.includes(name)) throw refused();
  fs.rmSync(below(folder, name), { recursive: true, force: true });
  say({});
}

function say(answer) {
  const line = Buffer.from(`${JSON.stringify(answer)}\n`);
  for (let from = 0; from < line.length;) from += fs.writeSync(1, line, from);
}

/** What the file system says, in the words of the contract. */
function refusalOf(error) {
  if (error instanceof Refused) return error.code;
  if (error.code === 'ENOENT') return unknown().code;
  if (['ELOOP', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ENXIO', 'EACCES', 'EPERM'].includes(error.code))
    return refused().code;
  throw error;
}

if (names.length === 0 && what !== 'list') say({ code: refused().code });
else {
  try {
    // The other side holds the input for as long as it wants anything.
    if (what !== 'write') process.stdin.on('end', () => process.exit(1)).resume();
    await { list, read, write, remove }[what]();
  } catch (error) {
    const code = refusalOf(error);
    if (what === 'remove' && code === unknown().code) say({});
    else say({ code });
  }
}
process.exit(0);
