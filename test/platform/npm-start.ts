import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../deploy/local/directories.ts';
import { livingPid } from '../../deploy/local/kubernetes/process-identity.ts';
import { livingProcess } from '../../deploy/local/process-identity.ts';

/** How to get in, as `npm start` prints it. */
export interface PrintedAccess {
  url: string;
  name: string;
  password: string;
}

export interface StartedByNpm {
  /** Said as soon as the portal serves. Rejects, with all that was said, when it ends before; so does `access`. */
  usable: Promise<PrintedAccess>;
  /** Printed at the end, when the cluster is ready too. */
  access: Promise<PrintedAccess>;
  /** All that it has said so far. */
  said(): string;
  /** As Ctrl-C. @returns its exit code, and which parts still lived when each was told to stop */
  interrupt(): Promise<{ code: number | null; lived: Map<string, string[]> }>;
  ended: Promise<number | null>;
}

/** Given servers of the machine that runs the tests are none of this start's. */
const nothingGiven = {
  DATABASE_URL: undefined,
  TEMPORAL_ADDRESS: undefined,
  TEMPORAL_NAMESPACE: undefined,
  S3_ENDPOINT: undefined,
  OCC_DATA: undefined,
  KUBECONFIG: undefined,
  NODE_ENV: undefined,
};

/**
 * `npm start` as people run it, in a process of its own.
 * @param from another checkout than this one
 */
export function npmStart(
  data: string,
  args: readonly string[],
  given: NodeJS.ProcessEnv = {},
  from = checkout,
): StartedByNpm {
  let said = '';
  const lived = new Map<string, string[]>();
  const child = spawn(process.execPath, [join(from, 'deploy/local/bootstrap.mjs'), 'start', '--data', data, ...args], {
    cwd: from,
    env: { ...process.env, ...nothingGiven, ...given },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const usable = Promise.withResolvers<PrintedAccess>();
  const access = Promise.withResolvers<PrintedAccess>();
  // Who only waits for the end does not ask.
  for (const { promise } of [usable, access]) promise.catch(() => undefined);
  const listen = (text: string): void => {
    said += text;
    for (const [, part = ''] of text.matchAll(/^ *(\S+): stopping$/gm)) lived.set(part, livingParts(data));
    readAccess(said, /^ +portal: usable at (\S+) as (\S+) with (\S+)\n/m, usable.resolve);
    readAccess(
      said,
      /^ +Portal and API +(\S+)\n +Administrator +(\S+)\n +Password +(\S+)\n[^]*Ctrl-C/m,
      access.resolve,
    );
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', listen);
  void ended.then((code) => {
    for (const { reject } of [usable, access]) reject(new Error(`npm start has ended with ${code}:\n${said}`));
  });

  return {
    usable: usable.promise,
    access: access.promise,
    said: () => said,
    ended,
    async interrupt() {
      child.kill('SIGINT');
      return { code: await ended, lived };
    },
  };
}

function readAccess(said: string, form: RegExp, found: (access: PrintedAccess) => void): void {
  const [, url, name, password] = form.exec(said) ?? [];
  if (url && name && password) found({ url, name, password });
}

/** The processes of a start that live, by name; those of its Kubernetes too. */
export function livingParts(data: string): string[] {
  const inFiles = ['.', 'temporal', 'object-storage', 'postgres', 'echo-model']
    .filter((folder) => existsSync(join(data, folder)))
    .flatMap((folder) => readdirSync(join(data, folder)).map((file) => join(data, folder, file)))
    .filter((file) => file.endsWith('.pid') && livingProcess(file) !== undefined)
    .map((file) => file.slice(file.lastIndexOf('/') + 1, -'.pid'.length));
  const pids = join(data, 'kubernetes', 'pids');
  const ofKubernetes = existsSync(pids) ? readdirSync(pids) : [];
  return [...inFiles, ...ofKubernetes.filter((name) => livingPid(readFileSync(join(pids, name), 'utf8')))].toSorted();
}
