import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../report.ts';
import { CommandError, runCommand } from './command.ts';
import { withLock } from './lock.ts';

/** Programs that are built together from the module file in `folder`, which only pins versions. */
export type ProgramSet = {
  name: string;
  /** Folder of go.mod and go.sum, relative to this file. */
  folder: string;
  /** The module whose version the programs have. */
  module: string;
  packages: readonly string[];
  /** Go packages with a variable `gitVersion`. */
  versionVariables?: readonly string[];
  /** File name of the only program, where it differs from its package's. */
  renameTo?: string;
};

const oldestGo = [1, 24] as const;
const goRemedy =
  'Install Go 1.24 or later (https://go.dev/dl/) and repeat, or put Kubernetes 1.34 (kube-apiserver, ' +
  'kube-controller-manager, kube-scheduler, kubectl, kubelet) and etcd 3.6 on the PATH.';

/**
 * Builds the programs unless the cache has them. Safe to be called by several processes at once: one builds.
 * The cache is keyed by what is built (module files, platform), not by the Go that builds it: programs from another
 * Go version are as good, and a machine without Go can use a cache that was filled elsewhere.
 * @returns paths by program name
 */
export async function buildPrograms(
  set: ProgramSet,
  options: { cacheDirectory: string; report: Report; signal?: AbortSignal },
): Promise<Record<string, string>> {
  const source = fileURLToPath(new URL(set.folder, import.meta.url));
  const target = join(options.cacheDirectory, `${set.name.toLowerCase()}-${cacheKey(set, source)}`);
  if (!existsSync(target)) {
    const onWait = (pid: number) => options.report(`waiting for process ${pid}, which is building ${set.name}`);
    await withLock(
      `${target}.lock`,
      async () => {
        if (!existsSync(target)) await build(set, source, target, options);
      },
      { onWait, signal: options.signal },
    );
  }
  return Object.fromEntries(readdirSync(target).map((name) => [name, join(target, name)]));
}

function cacheKey(set: ProgramSet, source: string): string {
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, set]));
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(source, file)));
  return hash.digest('hex').slice(0, 16);
}

async function build(
  set: ProgramSet,
  source: string,
  target: string,
  { report, signal }: { report: Report; signal?: AbortSignal },
): Promise<void> {
  await requireGo();
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const run = (args: string[], onErrorLine?: (line: string) => void) =>
    runCommand('go', args, { cwd: source, env, signal, onErrorLine });
  report(`downloading the sources of ${set.name}`);
  await run(['mod', 'download']).catch((error: unknown) => {
    throw new Error(
      `The sources of ${set.name} could not be downloaded through the Go module proxy (GOPROXY).\n` +
        `${(error as Error).message}\nCheck the network and the Go settings (\`go env GOPROXY\`), then repeat.`,
      { cause: error },
    );
  });
  const count = (await run(['list', '-deps', ...set.packages])).split('\n').length;
  const temporary = mkdtempSync(`${target}.`);
  try {
    const progress = countPackages(set, count, report);
    const flags = ['-trimpath', '-ldflags', linkerFlags(set, source)];
    await run(['build', '-v', ...flags, '-o', `${temporary}/`, ...set.packages], progress);
    if (set.renameTo)
      renameSync(join(temporary, basename(readdirSync(temporary)[0] ?? '')), join(temporary, set.renameTo));
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  report(`${set.name} is built`, 100);
}

/** `go build -v` names every package as it is compiled; what Go's own cache has is not named, so it may end early. */
function countPackages(set: ProgramSet, total: number, report: Report): (line: string) => void {
  let compiled = 0;
  let reportedPercent = -1;
  report(`building ${set.name} (once; about ${total > 1000 ? '8 minutes' : '30 seconds'} on two cores)`, 0);
  return (line) => {
    if (!/^[\w.-]+(\/\S+)*$/.test(line)) return;
    compiled += 1;
    const percent = Math.min(99, Math.floor((100 * compiled) / total));
    if (percent === reportedPercent) return;
    reportedPercent = percent;
    report(`building ${set.name}: ${compiled} of ${total} packages`, percent);
  };
}

function linkerFlags(set: ProgramSet, source: string): string {
  const line = new RegExp(`^\\s*(?:require )?${set.module.replaceAll('.', '\\.')} (v\\S+)`, 'm');
  const version = line.exec(readFileSync(join(source, 'go.mod'), 'utf8'))?.[1];
  if (!version) throw new Error(`${source}/go.mod does not require ${set.module}`);
  const [major, minor] = version.slice(1).split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const assign = (target: string) => Object.entries(values).map(([name, value]) => `-X ${target}.${name}=${value}`);
  return ['-s', '-w', ...(set.versionVariables ?? []).flatMap(assign)].join(' ');
}

async function requireGo(): Promise<void> {
  const printed = await runCommand('go', ['env', 'GOVERSION'], { timeoutMs: 30_000 }).catch((error: unknown) => {
    if (error instanceof CommandError && error.missing) throw new Error(`Go is missing. ${goRemedy}`, { cause: error });
    throw error;
  });
  const [major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(printed)?.slice(1) ?? []).map(Number);
  const fits = major > oldestGo[0] || (major === oldestGo[0] && minor >= oldestGo[1]);
  // With GOTOOLCHAIN unset an older Go (1.21 on) fetches the toolchain that go.mod asks for.
  if (!fits && process.env['GOTOOLCHAIN'] === 'local') throw new Error(`${printed.trim()} is too old. ${goRemedy}`);
}
