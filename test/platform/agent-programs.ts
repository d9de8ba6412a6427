import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from '../../deploy/local/kubernetes/command.ts';
import { cacheDirectory, ensureDirectory } from '../../deploy/local/directories.ts';
import type { Report } from '../../deploy/local/report.ts';

/** Agents that the tests run outside any container, in the versions that their adapters were measured with. */
export const agentPackages = {
  openClaw: { name: 'openclaw', version: '2026.9.6', program: 'openclaw' },
  openCode: { name: 'opencode-ai', version: '1.18.33', program: 'opencode' },
} as const;

/** An agent from npm, from the cache or installed now (OpenClaw: 650 MB, OpenCode: 350 MB). @returns its program */
export async function ensureAgentProgram(
  { name, version, program }: { name: string; version: string; program: string },
  report: Report,
  signal: AbortSignal,
): Promise<string> {
  const programs = ensureDirectory(join(cacheDirectory(), 'agent-programs'));
  const installed = join(programs, `${name}-${version}-node${process.versions.node.split('.')[0]}`);
  const file = join(installed, 'node_modules', '.bin', program);
  if (existsSync(file)) return file;

  report(`installing ${name} ${version} from npm`);
  const temporary = mkdtempSync(join(programs, 'new-'));
  try {
    await install(temporary, `${name}@${version}`, signal);
    renameSync(temporary, installed);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(file)) throw error; // Otherwise somebody else was faster.
  }
  return file;
}

async function install(folder: string, what: string, signal: AbortSignal): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Settings of an npm that runs this program, which would send this install to its folder or skip its scripts.
  for (const name of ['npm_config_local_prefix', 'npm_config_prefix', 'npm_config_ignore_scripts']) delete env[name];
  env['PATH'] = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const options = ['--silent', '--no-audit', '--no-fund', '--omit=dev', '--ignore-scripts=false', '--save-exact'];
  await runCommand('npm', ['install', ...options, what], { cwd: folder, env, signal });
}
