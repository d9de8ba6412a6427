import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout } from './directories.ts';
import { keptSecret } from './kept-secret.ts';
import { withoutOwner } from './product-environment.ts';

const execute = promisify(execFile);

/** Runs one of the product's programs to its end. @returns what it printed */
async function run(environment: NodeJS.ProcessEnv, program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await execute(process.execPath, [join(checkout, program), ...args], {
      cwd: checkout,
      env: environment,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout.trim();
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n');
    throw new Error(`${program} failed:\n${said || String(error)}`, { cause: error });
  }
}

/** Brings the schema up to date, and creates the role that the processes use. */
export async function migrate(environment: NodeJS.ProcessEnv): Promise<void> {
  await run(environment, 'migrations/run.ts', 'up');
}

export interface Administrator {
  name: string;
  /** Undefined when it is not ours: somebody else made the account, or has changed its password. */
  password?: string;
}

/** Makes sure that there is an administrator. His password is in the file before it is anywhere else, to be shown again. */
export async function ensureAdministrator(
  environment: NodeJS.ProcessEnv,
  passwordFile: string,
): Promise<Administrator> {
  const kept = keptSecret(passwordFile, () => randomBytes(18).toString('base64url'));
  const withPassword = { ...withoutOwner(environment), ADMINISTRATOR_PASSWORD: kept };
  const printed = await run(withPassword, 'server/identity/ensure-administrator.ts', '--name', 'admin');
  const { name, password } = JSON.parse(printed.split('\n').at(-1) ?? '') as Administrator;
  return password === undefined ? { name } : { name, password };
}

/** Builds the workflow bundle of these sources. @returns its build id */
export async function bundleWorkflows(environment: NodeJS.ProcessEnv): Promise<string> {
  return run(withoutOwner(environment), 'activities/bundle.ts');
}

/** Makes the workers of these sources the ones that new workflows go to; waits until one polls. */
export async function releaseWorkers(environment: NodeJS.ProcessEnv): Promise<void> {
  await run(withoutOwner(environment), 'activities/release.ts');
}
