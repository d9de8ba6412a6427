import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../directories.ts';
import { runCommand } from './command.ts';
import { removeKubernetes, startKubernetes, type LocalKubernetes, type StartOptions } from './index.ts';
import { readLayout } from './layout.ts';
import { prepareNodeRequirements } from './node-requirements.ts';
import { providePrograms, type Programs } from './programs.ts';
import { sandboxImage } from './sandbox-image.ts';

const obstacle = await prepareNodeRequirements(() => {});

let options: StartOptions;
let programs: Programs;
let kubernetes: LocalKubernetes;

const kubectl = (args: string[], input?: string, kubeconfig = kubernetes.platformKubeconfig) =>
  runCommand(programs.kubectl, [`--kubeconfig=${kubeconfig}`, '--namespace=tenant', ...args], { input });
const podIsReady = (timeout = '60s') =>
  kubectl(['wait', '--for=condition=Ready', 'pod/agent-0', `--timeout=${timeout}`]);

/** A namespace that admits only restricted pods, and an agent that does nothing, on a claim of its own. */
function buildTenant(): object {
  const labels = { app: 'agent' };
  const metadata = { name: 'agent', namespace: 'tenant' };
  const container = {
    name: 'agent',
    image: sandboxImage,
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'state', mountPath: '/state' }],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
  };
  const spec = {
    dnsPolicy: 'Default',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: [{ name: 'state', persistentVolumeClaim: { claimName: 'agent' } }],
  };
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } };
  const template = { metadata: { labels }, spec };
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tenant', labels: restricted } },
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: claim },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: { serviceName: 'agent', replicas: 1, selector: { matchLabels: labels }, template },
    },
  ];
  return { apiVersion: 'v1', kind: 'List', items };
}

const volumeFolder = async () => {
  const name = await kubectl(['get', 'persistentvolumeclaim/agent', '--output=jsonpath={.spec.volumeName}']);
  return join(options.directory, 'node', 'volumes', name);
};

describe.skipIf(obstacle !== undefined)(`a local node${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
  beforeAll(async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'occ-')), 'kubernetes');
    options = { directory, cacheDirectory: cacheDirectory(), node: true, volatile: true, report: () => {} };
    programs = await providePrograms(options);
    kubernetes = await startKubernetes(options);
  }, 900_000);

  afterAll(async () => {
    await kubernetes.stop();
    await removeKubernetes(options.directory);
    await rm(join(options.directory, '..'), { recursive: true });
  }, 60_000);

  it('runs a restricted pod on a volume that its group may write to', async () => {
    await kubectl(['apply', '--filename=-'], JSON.stringify(buildTenant()));
    await expect.poll(() => podIsReady().catch(String), { timeout: 90_000 }).toContain('condition met');
    expect(existsSync(await volumeFolder())).toBe(true);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    expect(mounts).toContain(join(options.directory, 'node', 'kubelet', 'pods'));
  }, 120_000);

  it('pulls an image, or says why it cannot', async () => {
    expect(await kubernetes.pullImage(sandboxImage)).toBeUndefined();
    expect(await kubernetes.pullImage('127.0.0.1:1/nobody/serves-this:1')).toContain('connection refused');
  }, 60_000);

  it('carries logs and commands between pod and platform', async () => {
    expect(await kubectl(['logs', 'agent-0'])).toBe('');
    const command = ['exec', 'agent-0', '--', '/bin/sleep', '0'];
    expect(await kubectl(command, undefined, kubernetes.adminKubeconfig)).toBe('');
  }, 30_000);

  it('has an address by which pods reach this machine', async () => {
    const server = createServer();
    const listening = Promise.withResolvers<void>();
    server.on('error', listening.reject).listen(0, kubernetes.hostAddressFromPods, listening.resolve);
    await expect(listening.promise).resolves.toBeUndefined();
    server.close();
  });

  it('lets a claim grow', async () => {
    const grown = { spec: { resources: { requests: { storage: '15Gi' } } } };
    await kubectl(['patch', 'persistentvolumeclaim/agent', `--patch=${JSON.stringify(grown)}`]);
    const capacity = () =>
      kubectl(['get', 'persistentvolumeclaim/agent', '--output=jsonpath={.status.capacity.storage}']);
    await expect.poll(capacity, { timeout: 10_000 }).toBe('15Gi');
  }, 20_000);

  it('brings the pod back after all processes were killed, with the same volume', async () => {
    const volume = await volumeFolder();
    for (const { pid } of kubernetes.parts) if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await kubernetes.stop();
    kubernetes = await startKubernetes(options);
    const restarts = () =>
      kubectl(['get', 'pod/agent-0', '--output=jsonpath={.status.containerStatuses[0].restartCount}']);
    await expect.poll(restarts, { timeout: 60_000 }).toBe('1');
    await podIsReady();
    expect(await volumeFolder()).toBe(volume);
  }, 120_000);

  it('removes the directory of a claim that is deleted', async () => {
    const volume = await volumeFolder();
    await kubectl(['delete', 'statefulset/agent', 'persistentvolumeclaim/agent', '--wait=false']);
    await expect.poll(() => existsSync(volume), { timeout: 40_000 }).toBe(false);
  }, 60_000);

  it('leaves nothing behind on the machine', async () => {
    await kubernetes.stop();
    const layout = readLayout(options.directory);
    expect(existsSync(layout?.runDirectory ?? '')).toBe(false);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(options.directory);
    expect(await runCommand('ip', ['link', 'show'])).not.toContain(layout?.bridge);
    expect(await runCommand('iptables', ['-w', '-t', 'nat', '-S'])).not.toContain(layout?.bridge);
  }, 60_000);
});
