import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { OneShot, OneShotResult, Runtime } from '../../../runtimes/runtime.ts';
import type { AgentHandle, Rendered } from '../../adapter.ts';
import { assets } from '../assets.ts';
import { classifyExit } from '../exit.ts';
import { derivedSecrets } from '../metrics-token.ts';
import { assetsMount, assetsVariable, configurationFile } from '../process.ts';
import { platformEnvironment } from '../workload.ts';

/** The program under test, such as `…/node_modules/.bin/openclaw`; unset where there is none on this machine. */
export const openClawCommand = process.env['TEST_OPENCLAW_COMMAND'];

/** A real OpenClaw as a plain process, with its file swapped by symlink as the kubelet does it. */
export class OpenClawProcess {
  readonly token = 'token-of-this-test-0123456789abcdef';
  readonly #directory: string;
  readonly #port: number;
  readonly #lines: string[] = [];
  #process: ChildProcess | null = null;
  #swaps = 0;
  #startAgain: () => void = () => undefined;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  static async prepare(): Promise<OpenClawProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'occ-openclaw-'));
    for (const name of ['home', 'state', 'tmp']) await mkdir(join(directory, name));
    for (const [path, content] of Object.entries(assets.find((one) => one.mountPath === assetsMount)?.files ?? {})) {
      const file = join(directory, 'assets', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    return new OpenClawProcess(directory, await freePort());
  }

  /** Puts a configuration in the place of the one before, in one step, as a ConfigMap's directory changes. */
  async swap(rendered: Rendered): Promise<void> {
    const version = join(this.#directory, `configuration-${++this.#swaps}`);
    await mkdir(version);
    for (const [name, content] of Object.entries(rendered.files)) {
      await writeFile(join(version, name), content.replaceAll(assetsMount, this.#assets));
    }
    await symlink(version, join(this.#directory, 'next'));
    await rename(join(this.#directory, 'next'), join(this.#directory, 'configuration'));
  }

  start(rendered: Rendered, secrets: Record<string, string>): void {
    const environment = {
      ...rendered.environment,
      ...platformEnvironment(2_147_483_648),
      ...secrets,
    };
    this.#startAgain = () => {
      this.#process = this.#spawn(['gateway', '--port', String(this.#port), '--bind', 'loopback'], {
        ...environment,
        OPENCLAW_GATEWAY_TOKEN: this.token,
        ...derivedSecrets(this.token),
      });
      for (const stream of [this.#process.stdout, this.#process.stderr]) {
        stream?.setEncoding('utf8').on('data', (piece: string) => this.#lines.push(...piece.split('\n')));
      }
    };
    this.#startAgain();
  }

  /** Runs what the job would run in a pod; paths become those of this machine. */
  async runOnce(job: OneShot): Promise<OneShotResult> {
    const child = this.#spawn(job.command.slice(4), job.environment);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    }
    const [exitCode] = (await once(child, 'close')) as [number];
    return { exitCode, output };
  }

  async exited(): Promise<{ exitCode: number; lastLines: string[] }> {
    const child = this.#process;
    if (child === null) throw new Error('Start it first');
    if (child.exitCode === null) await once(child, 'close');
    return { exitCode: child.exitCode ?? -1, lastLines: this.#lines.slice(-50) };
  }

  /** One that crashed is started again, as a runtime does: where a machine is busy its own helper comes too late. */
  async isStarted(): Promise<boolean> {
    const exitCode = this.#process?.exitCode ?? null;
    if (exitCode !== null && classifyExit(exitCode, this.#lines.slice(-50)).meaning === 'crashed') this.#startAgain();
    return fetch(`${this.url}/startupz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** Where this machine has what a pod would have mounted. */
  get #assets(): string {
    return join(this.#directory, 'assets');
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** As the platform holds it; of a runtime, the proof only needs a way to the agent's port. */
  handle(token = this.token): AgentHandle {
    const reach: Runtime['reach'] = async (_ref, _port, { method, path, headers, body, timeoutMs }, signal) => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers,
        body,
        signal: bounded,
      });
      return { status: response.status, body: (await response.text()).replaceAll(this.#assets, assetsMount) };
    };
    const ref = { tenantId: 'tenant', projectId: 'project', instanceId: 'instance', name: 'test' };
    return { runtime: { reach } as Runtime, ref, port: this.#port, gatewayToken: token };
  }

  async end(): Promise<void> {
    if (this.#process && this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'close');
    }
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(args: string[], environment: Record<string, string>): ChildProcess {
    if (openClawCommand === undefined) throw new Error('TEST_OPENCLAW_COMMAND is not set');
    const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    return spawn(openClawCommand, args, {
      cwd: this.#directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...environment,
        PATH: path,
        HOME: join(this.#directory, 'home'),
        TMPDIR: join(this.#directory, 'tmp'),
        [assetsVariable]: this.#assets,
        XDG_CACHE_HOME: join(this.#directory, 'state', 'cache'),
        OPENCLAW_STATE_DIR: join(this.#directory, 'state'),
        OPENCLAW_CONFIG_PATH: join(this.#directory, 'configuration', configurationFile),
      },
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
