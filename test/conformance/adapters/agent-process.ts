import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type {
  Adapter,
  AgentHandle,
  ExitMeaning,
  Rendered,
  WorkloadInput,
} from '../../../activities/adapters/adapter.ts';
import type { OneShot, OneShotResult, Runtime, WorkloadSpec } from '../../../activities/runtimes/runtime.ts';

/**
 * A real agent as a plain process: what its adapter's workload says, with a folder of this machine in the place of
 * each mount, and the configuration swapped by symlink as a cluster does it.
 */
export class AgentProcess {
  readonly token = 'token-of-this-test-0123456789abcdef';
  readonly #adapter: Adapter;
  readonly #program: string;
  readonly #directory: string;
  readonly #port: number;
  #lines: string[] = [];
  #process: ChildProcess | null = null;
  #swaps = 0;
  #startAgain: () => void = () => undefined;

  private constructor(adapter: Adapter, program: string, directory: string, port: number) {
    this.#adapter = adapter;
    this.#program = program;
    this.#directory = directory;
    this.#port = port;
  }

  static async prepare(adapter: Adapter, program: string): Promise<AgentProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'occ-agent-'));
    for (const name of ['home', 'state', 'scratch']) await mkdir(join(directory, name));
    return new AgentProcess(adapter, program, directory, await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** In one step, as a mounted directory changes. */
  async swap(rendered: Rendered): Promise<void> {
    const version = join(this.#directory, `configuration-${++this.#swaps}`);
    await writeFiles(version, rendered.files);
    await symlink(version, join(this.#directory, 'next'));
    await rename(join(this.#directory, 'next'), join(this.#directory, 'configuration'));
  }

  async start(input: WorkloadInput, secrets: Record<string, string>): Promise<void> {
    const { rules } = this.#adapter;
    const spec = rules.workload(input);
    if (spec.package === null) throw new Error('It cannot run without an image');
    for (const { mountPath, files } of spec.assets) await writeFiles(this.#place(spec, mountPath), files);
    await this.swap(rules.render(input.configuration));
    const [, ...args] = spec.package.command.map((word) => this.#withPort(word));
    const environment = Object.entries({ ...spec.environment, ...spec.package.environment });
    const whole = {
      ...Object.fromEntries(environment.map(([name, value]) => [name, this.#place(spec, this.#withPort(value))])),
      ...secrets,
      [rules.gatewayTokenVariable]: this.token,
      ...rules.derivedSecrets(this.token),
    };
    this.#startAgain = () => {
      this.#lines = [];
      this.#process = this.#spawn(args, whole);
      for (const stream of [this.#process.stdout, this.#process.stderr]) {
        stream?.setEncoding('utf8').on('data', (piece: string) => this.#lines.push(...piece.split('\n')));
      }
    };
    this.#startAgain();
  }

  /**
   * One that crashed is started again, as every runtime does: OpenClaw gives up where a busy machine makes its helper
   * late. @throws when it has ended for another reason, with its last words
   */
  async answers(path: string): Promise<boolean> {
    const child = this.#process;
    if (child && hasEnded(child)) {
      const { exitCode, lastLines } = await this.exited();
      if (this.#adapter.classifyExit(exitCode, lastLines).meaning !== 'crashed') {
        throw new Error(`It ended with ${exitCode}: ${lastLines.slice(-20).join('\n')}`);
      }
      this.#startAgain();
    }
    return fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** Runs what the job would run in a pod. */
  async runOnce(job: OneShot): Promise<OneShotResult> {
    const mounts: Mounts = { configuration: job.files, assets: job.assets ?? [], scratch: job.scratch, state: null };
    const folder = join(this.#directory, 'configuration');
    await rm(folder, { recursive: true, force: true });
    await writeFiles(folder, job.files.files);
    for (const { mountPath, files } of job.assets ?? []) await writeFiles(this.#place(mounts, mountPath), files);
    // behind the program's own name, also where a shell finds that first
    const name = this.#adapter.rules.kind;
    const args = job.command.slice(job.command.lastIndexOf(name) + 1);
    const environment = Object.entries(job.environment);
    const child = this.#spawn(
      args,
      Object.fromEntries(environment.map(([key, value]) => [key, this.#place(mounts, value)])),
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    }
    return { exitCode: await exitCodeOf(child), output };
  }

  /** As the platform holds it; of a runtime, an adapter only needs a way to the agent's port. */
  handle(token = this.token): AgentHandle {
    const reach: Runtime['reach'] = async (_ref, _port, { method, path, headers, body, timeoutMs }, signal) => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await fetch(`${this.url}${path}`, { method, headers, body, signal: bounded });
      return { status: response.status, body: await response.text() };
    };
    const ref = { tenantId: 'tenant', projectId: 'project', instanceId: 'instance', name: 'test' };
    return { runtime: { reach } as Runtime, ref, port: this.#port, gatewayToken: token };
  }

  async stop(): Promise<{ exitCode: number; lastLines: string[] }> {
    const child = this.#process;
    if (child === null) throw new Error('Start it first');
    if (!hasEnded(child)) child.kill('SIGTERM');
    return this.exited();
  }

  async exited(): Promise<{ exitCode: number; lastLines: string[] }> {
    if (this.#process === null) throw new Error('Start it first');
    return { exitCode: await exitCodeOf(this.#process), lastLines: this.#lines.slice(-50) };
  }

  /** What its end means once that is more than a crash, after which it is started again. */
  async endedForGood(): Promise<ExitMeaning> {
    for (;;) {
      const { exitCode, lastLines } = await this.exited();
      const end = this.#adapter.classifyExit(exitCode, lastLines);
      if (end.meaning !== 'crashed') return end;
      this.#startAgain();
    }
  }

  /** Its state, but for what the adapter leaves out, in the place of another's. */
  async copyStateTo(other: AgentProcess): Promise<void> {
    const { leftOut } = this.#adapter.stateTool(null);
    const [from, to] = [this, other].map((one) => join(one.#directory, 'state')) as [string, string];
    for (const name of await readdir(from)) {
      if (!leftOut.includes(name)) await cp(join(from, name), join(to, name), { recursive: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process) await this.stop();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  readonly #withPort = (word: string): string => word.replaceAll('{port}', String(this.#port));

  /** A value that begins with a mount path is a path. */
  #place({ configuration, assets, state, scratch }: Mounts, value: string): string {
    const mounts: [string, string][] = [
      [configuration.mountPath, 'configuration'],
      ...assets.map(({ mountPath }): [string, string] => [mountPath, 'assets']),
      ...scratch.map(({ mountPath }): [string, string] => [mountPath, 'scratch']),
      ...(state ? [[state.mountPath, 'state'] as [string, string]] : []),
    ];
    const mount = mounts.find(([path]) => value === path || value.startsWith(`${path}/`));
    return mount ? join(this.#directory, mount[1]) + value.slice(mount[0].length) : value;
  }

  #spawn(args: string[], environment: Record<string, string>): ChildProcess {
    const home = environment['HOME']?.startsWith(this.#directory) ? environment['HOME'] : join(this.#directory, 'home');
    const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    return spawn(this.#program, args, {
      cwd: join(this.#directory, 'state'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, PATH: path, HOME: home, TMPDIR: join(this.#directory, 'scratch') },
    });
  }
}

type Mounts = Pick<WorkloadSpec, 'scratch'> & {
  configuration: { mountPath: string };
  assets: { mountPath: string }[];
  state: { mountPath: string } | null;
};

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** As a shell tells it. */
async function exitCodeOf(child: ChildProcess): Promise<number> {
  if (!hasEnded(child)) await once(child, 'close');
  return child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGKILL'];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
