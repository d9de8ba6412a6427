import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Report } from '../report.ts';
import { runCommand } from '../kubernetes/command.ts';
import { writeImageArchive } from '../kubernetes/image-archive.ts';

const debianRelease = 'bookworm';
const nodeVersion = '24.21.0';
/** tini reaps the children of tools; git and openssl are used by the gateway; the rest for people who look inside. */
const debianPackages = ['ca-certificates', 'libstdc++6', 'tini', 'git', 'openssl', 'procps', 'curl'];
const unneededFiles = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];
/** What only a TypeScript compiler or a debugger reads. */
const unneededEndings = ['.d.ts', '.d.mts', '.d.cts', '.map'];
const user = { name: 'node', id: 1000, home: '/home/node' };
const stateDirectory = `${user.home}/.openclaw`;

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: user.home,
  NODE_ENV: 'production',
  OPENCLAW_STATE_DIR: stateDirectory,
  XDG_CACHE_HOME: `${stateDirectory}/cache`,
  OPENCLAW_DISABLE_BONJOUR: '1',
  OPENCLAW_NO_AUTO_UPDATE: '1',
};

type Build = {
  version: string;
  reference: string;
  /** An empty folder to work in; removed by the caller. */
  workDirectory: string;
  /** Where the image's archive goes. */
  archive: string;
  report: Report;
  signal?: AbortSignal;
};

/**
 * Builds a container image of an OpenClaw version from Debian packages and the npm registry only, as root.
 * The result is an archive in the format of `docker save`.
 */
export async function buildImage(build: Build): Promise<void> {
  const { report, version } = build;
  report('downloading a small Debian and OpenClaw from npm', 0);
  const [root, node, app] = await Promise.all([makeDebianRoot(build), installNode(build), installOpenClaw(build)]);
  report('packing the image', 60);
  const opt = join(root, 'opt');
  mkdirSync(opt, { recursive: true });
  // Renamed rather than copied: some 70,000 files.
  await runCommand('mv', [app, join(opt, 'openclaw')]);
  await runCommand('cp', [node, join(root, 'usr/local/bin/node')]);
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);
  symlinkSync('/opt/openclaw/node_modules/openclaw/openclaw.mjs', join(root, 'usr/local/bin/openclaw'));
  await pack(build, root);
  report(`the image of OpenClaw ${version} is built`, 100);
}

async function makeDebianRoot({ workDirectory, signal }: Build): Promise<string> {
  const root = join(workDirectory, 'root');
  const exclude = unneededFiles.map((path) => `--dpkgopt=path-exclude=${path}`);
  const options = ['--quiet', '--variant=minbase', `--include=${debianPackages.join(',')}`, ...exclude];
  await runCommand('mmdebstrap', [...options, debianRelease, root], { signal });
  appendFileSync(join(root, 'etc/passwd'), `${user.name}:x:${user.id}:${user.id}::${user.home}:/bin/bash\n`);
  appendFileSync(join(root, 'etc/group'), `${user.name}:x:${user.id}:\n`);
  for (const folder of [user.home, stateDirectory]) {
    mkdirSync(join(root, folder), { recursive: true });
    chownSync(join(root, folder), user.id, user.id);
  }
  return root;
}

/** @returns the path of the Node program, which the npm package of that name carries */
async function installNode({ workDirectory, signal }: Build): Promise<string> {
  const folder = await installFromNpm(join(workDirectory, 'node'), `node@${nodeVersion}`, signal);
  return join(folder, 'node_modules/node/bin/node');
}

async function installOpenClaw({ workDirectory, version, signal }: Build): Promise<string> {
  const folder = await installFromNpm(join(workDirectory, 'app'), `openclaw@${version}`, signal);
  const package_ = join(folder, 'node_modules/openclaw');
  // Its install scripts leave this when they did not run; the gateway would finish the install in its own,
  // read-only folder. The templates are what the gateway makes a new workspace from.
  if (existsSync(join(package_, '.openclaw-lifecycle-pending')))
    throw new Error('OpenClaw was not installed completely.');
  if (!existsSync(join(package_, 'docs/reference/templates'))) {
    throw new Error(`openclaw@${version} has no workspace templates; this recipe does not fit that version.`);
  }
  removeUnneeded(join(folder, 'node_modules'));
  return folder;
}

async function installFromNpm(folder: string, what: string, signal?: AbortSignal): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Settings of an npm that runs this program, which would send this install to its folder or skip its scripts.
  for (const name of ['npm_config_local_prefix', 'npm_config_prefix', 'npm_config_ignore_scripts']) delete env[name];
  // Install scripts run under the Node that this program runs under.
  env['PATH'] = [join(process.execPath, '..'), process.env['PATH']].join(delimiter);
  const options = ['--silent', '--no-audit', '--no-fund', '--omit=dev', '--ignore-scripts=false'];
  await runCommand('npm', ['install', ...options, what], { cwd: folder, env, signal });
  return folder;
}

function removeUnneeded(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && unneededEndings.some((ending) => entry.name.endsWith(ending))) {
      rmSync(join(entry.parentPath, entry.name));
    }
  }
}

async function pack({ version, reference, archive, workDirectory, signal }: Build, root: string): Promise<void> {
  const settings = {
    Entrypoint: ['/usr/bin/tini', '-s', '--'],
    Cmd: ['openclaw', 'gateway'],
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    User: `${user.id}:${user.id}`,
    WorkingDir: user.home,
    ExposedPorts: { '18789/tcp': {} },
    Labels: { 'org.opencontainers.image.version': version },
  };
  await writeImageArchive({ archive, reference, root, settings, workDirectory, signal });
}

/** Changes whenever the recipe does: images of an older recipe are built anew. */
export const recipeText = (): string => readFileSync(new URL(import.meta.url), 'utf8');
