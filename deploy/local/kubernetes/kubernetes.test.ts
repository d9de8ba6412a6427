import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../directories.ts';
import { runCommand } from './command.ts';
import { providePrograms, type Programs } from './programs.ts';
import { removeKubernetes, startKubernetes, type LocalKubernetes, type StartOptions } from './index.ts';

const said: string[] = [];
let options: StartOptions;
let programs: Programs;
let kubernetes: LocalKubernetes;

const kubectl = (kubeconfig: string, ...args: string[]) =>
  runCommand(programs.kubectl, [`--kubeconfig=${kubeconfig}`, '--request-timeout=10s', ...args]);
const asAdmin = (...args: string[]) => kubectl(kubernetes.adminKubeconfig, ...args);
const asPlatform = (...args: string[]) => kubectl(kubernetes.platformKubeconfig, ...args);
const pidOf = (name: string) => kubernetes.parts.find((part) => part.name === name)?.pid;

beforeAll(async () => {
  const directory = join(await mkdtemp(join(tmpdir(), 'occ-')), 'kubernetes');
  options = {
    directory,
    cacheDirectory: cacheDirectory(),
    node: false,
    volatile: true,
    report: (line) => said.push(line),
  };
  programs = await providePrograms(options);
  kubernetes = await startKubernetes(options);
}, 900_000);

afterAll(async () => {
  await kubernetes.stop();
  await removeKubernetes(options.directory);
  await rm(join(options.directory, '..'), { recursive: true });
}, 60_000);

describe('a local Kubernetes', () => {
  it('lets the platform do what its role says and nothing else', async () => {
    await asPlatform('create', 'namespace', 'tenant');
    await asPlatform('--namespace=tenant', 'create', 'secret', 'generic', 'token', '--from-literal=a=b');
    for (const [resource, subresource] of [
      ['pods', 'attach'],
      ['pods', 'ephemeralcontainers'],
      ['nodes', 'proxy'],
      ['statefulsets', 'scale'],
      ['nodes', ''],
    ]) {
      const asked = ['auth', 'can-i', 'get', `${resource}`, `--subresource=${subresource}`, '--all-namespaces'];
      await expect(asPlatform(...asked)).rejects.toThrow();
    }
    for (const verb of ['get', 'create']) {
      const asked = ['auth', 'can-i', verb, 'pods', '--subresource=exec', '--namespace=tenant'];
      expect(await asPlatform(...asked)).toContain('yes');
    }
    await expect(asPlatform('get', 'persistentvolumes')).rejects.toThrow(/occ-platform.*cannot list/);
    await expect(asPlatform('create', 'clusterrole', 'more', '--verb=*', '--resource=*')).rejects.toThrow(
      /cannot create/,
    );
  });

  it('answers nobody without a certificate', async () => {
    const server = /server: (\S+)/.exec(readFileSync(kubernetes.adminKubeconfig, 'utf8'))?.[1];
    const answered = Promise.withResolvers<number | undefined>();
    get(`${server}/version`, { rejectUnauthorized: false }, (answer) => answered.resolve(answer.resume().statusCode));
    expect(await answered.promise).toBe(401);
  });

  it('refuses a second start of the same directory while the first runs', async () => {
    await expect(startKubernetes(options)).rejects.toThrow(/already run by process/);
  });

  it('keeps its data when the API server is killed and started again', async () => {
    const before = pidOf('kube-apiserver');
    await kubernetes.killPart('kube-apiserver', 'SIGKILL');
    expect(pidOf('kube-apiserver')).toBeUndefined();
    await kubernetes.startPart('kube-apiserver');
    expect(pidOf('kube-apiserver')).not.toBe(before);
    expect(await asPlatform('get', 'namespace', 'tenant', '--output=name')).toContain('namespace/tenant');
  });

  it('goes on after the API server was frozen', async () => {
    await kubernetes.killPart('kube-apiserver', 'SIGSTOP');
    await expect(asAdmin('--request-timeout=1s', 'get', 'namespaces')).rejects.toThrow();
    await kubernetes.killPart('kube-apiserver', 'SIGCONT');
    expect(await asAdmin('get', 'namespaces', '--output=name')).toContain('namespace/tenant');
  });

  it('finds its data again after all of its processes were killed', async () => {
    for (const { pid } of kubernetes.parts) if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await kubernetes.stop();
    kubernetes = await startKubernetes(options);
    expect(await asPlatform('get', 'namespace', 'tenant', '--output=name')).toContain('namespace/tenant');
    expect(said.some((line) => line.includes('ended by itself'))).toBe(true);
  }, 60_000);

  it('leaves no process behind', async () => {
    const pids = kubernetes.parts.map(({ pid }) => pid);
    await kubernetes.stop();
    expect(pids).not.toContain(undefined);
    expect(kubernetes.parts.map(({ pid }) => pid)).toEqual(pids.map(() => undefined));
  }, 60_000);
});
