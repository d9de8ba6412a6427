// `npm run check`: everything that can be said about the code without running it. All checks run, also after a failure.
import { spawnSync } from 'node:child_process';
import { checkout } from './directories.ts';

interface Check {
  name: string;
  command: readonly [program: string, ...args: string[]];
}

const sources = ['server', 'workflows', 'activities', 'migrations', 'deploy', 'test', 'web'];

const checks: Check[] = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  // The portal's types of the api are made from the api's own document, and not kept in git.
  { name: 'api document', command: ['node', 'web/generate-api.ts'] },
  { name: 'types of the portal', command: ['vue-tsc', '--noEmit', '-p', 'web/tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'import walls', command: ['depcruise', '--config', '.dependency-cruiser.mjs', ...sources] },
  { name: 'unused code', command: ['knip'] },
];

const failed: string[] = [];
for (const { name, command } of checks) {
  const [program, ...args] = command;
  const startedMs = performance.now();
  const { status, error } = spawnSync(program, args, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) process.stderr.write(`${program}: ${error.message}\n`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (status !== 0) failed.push(name);
}

process.stdout.write(
  failed.length === 0 ? 'All checks passed\n' : `${failed.length} checks failed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
