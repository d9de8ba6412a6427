import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { longestErrorOutput, type Host, type Program } from './host.ts';

/** What pip and npm need to find their registries; none of the platform's own secrets. */
const passedOn =
  /^(home|path|lang|tmpdir|(https?|no|all)_proxy|npm_config_.*|node_extra_ca_certs|ssl_cert_(file|dir)|pip_.*)$/i;

const endsWithinMs = 5_000;

/** This machine. What runs on it is started detached, and outlives this process. */
export function localHost(): Host {
  return {
    tools: { node: process.execPath, npm: npmBesideNode() },
    start: (command) => start(command),
    async connect(port, signal) {
      const socket = connect({ host: '127.0.0.1', port, signal });
      await once(socket, 'connect');
      return socket;
    },
    close: () => Promise.resolve(),
  };
}

async function start([program = '', ...args]: readonly string[]): Promise<Program> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name)));
  const child = spawn(program, args, { env, stdio: 'pipe' });
  let errorOutput = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = `${errorOutput}${text}`.slice(-longestErrorOutput);
  });
  // Its end tells more than the pipe that broke with it.
  child.stdin.on('error', () => undefined);
  const { promise: ended, resolve } = Promise.withResolvers<{ exitCode: number | null; errorOutput: string }>();
  child.once('close', (exitCode) => resolve({ exitCode, errorOutput }));
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Problem('cluster.refused', `${program} cannot be started on this machine.`, { cause });
  }
  // It ends by itself with its input, and takes along what it has started.
  const end = (): void => {
    child.stdin.end();
    child.stdout.destroy();
    setTimeout(() => child.kill('SIGKILL'), endsWithinMs).unref();
  };
  return { input: child.stdin, output: child.stdout, ended, end };
}

/** The one that this process was started with, else the one beside its Node, else that of the path. */
function npmBesideNode(): string[] | undefined {
  const started = process.env['npm_execpath'];
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = [started, beside].find((path) => path?.endsWith('.js') && existsSync(path));
  return script ? [process.execPath, script] : undefined;
}
