import { request } from 'node:https';
import { readFileSync } from 'node:fs';
import { auditFlags } from './audit.ts';
import { keyPair } from './certificates.ts';
import type { ClusterApi } from './cluster-api.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import type { PartPlan } from './part.ts';
import type { Programs } from './programs.ts';

export type ControlPlanePart = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

/** Ready when `GET path` on this machine answers 200. */
function answersOk(port: number, path: string, tls: { authority: string; client?: string }, layout: Layout) {
  const client = tls.client ? keyPair(layout, tls.client) : undefined;
  return (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const options = {
      host: '127.0.0.1',
      port,
      path,
      ca: readFileSync(keyPair(layout, tls.authority).certificate),
      ...(client ? { cert: readFileSync(client.certificate), key: readFileSync(client.key) } : {}),
      agent: false as const,
      signal: AbortSignal.timeout(3_000),
    };
    request(options, (response) => resolve(response.resume().statusCode === 200))
      .on('error', () => resolve(false))
      .end();
    return promise;
  };
}

/**
 * The control plane, in the order of its start. It listens on this machine's own addresses only.
 * @param volatile without waiting for the disk: quicker, for a Kubernetes whose content nobody misses after a power cut
 * @param audited keeps who wrote what
 */
export function planControlPlane(
  layout: Layout,
  programs: Programs,
  api: ClusterApi,
  { volatile, audited }: { volatile: boolean; audited: boolean },
): PartPlan<ControlPlanePart>[] {
  return [
    planEtcd(layout, programs, volatile),
    planApiServer(layout, programs, api, audited),
    planControllerManager(layout, programs),
    planScheduler(layout, programs),
  ];
}

const maximumFlags = ['--kube-api-qps=500', '--kube-api-burst=1000', '--leader-elect=false'];

function planEtcd(layout: Layout, programs: Programs, volatile: boolean): PartPlan<'etcd'> {
  const own = keyPair(layout, 'etcd');
  const authority = keyPair(layout, 'etcd-authority').certificate;
  const clientUrl = `https://127.0.0.1:${layout.ports.etcdClient}`;
  const peerUrl = `https://127.0.0.1:${layout.ports.etcdPeer}`;
  const tls = (prefix: string) => [
    `--${prefix}cert-file=${own.certificate}`,
    `--${prefix}key-file=${own.key}`,
    `--${prefix}client-cert-auth`,
    `--${prefix}trusted-ca-file=${authority}`,
  ];
  return {
    name: 'etcd',
    program: programs.etcd,
    args: [
      `--data-dir=${layout.path('etcd')}`,
      '--name=local',
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      // A single member that finds its data again accepts a changed peer address: it is used for the first start only.
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=local=${peerUrl}`,
      ...tls(''),
      ...tls('peer-'),
      '--auto-compaction-retention=1h',
      '--log-level=warn',
      ...(volatile ? ['--unsafe-no-fsync'] : []),
    ],
    isReady: answersOk(
      layout.ports.etcdClient,
      '/health',
      { authority: 'etcd-authority', client: 'apiserver-to-etcd' },
      layout,
    ),
    stopTimeoutMs: 20_000,
  };
}

function planApiServer(
  layout: Layout,
  programs: Programs,
  api: ClusterApi,
  audited: boolean,
): PartPlan<'kube-apiserver'> {
  const authority = keyPair(layout, 'cluster-authority').certificate;
  const server = keyPair(layout, 'apiserver');
  const toEtcd = keyPair(layout, 'apiserver-to-etcd');
  const toKubelet = keyPair(layout, 'apiserver-to-kubelet');
  const serviceAccounts = layout.path('certificates', 'service-accounts.key');
  return {
    name: 'kube-apiserver',
    program: programs['kube-apiserver'],
    args: [
      '--bind-address=127.0.0.1',
      `--secure-port=${layout.ports.apiServer}`,
      `--advertise-address=${layout.gatewayAddress}`,
      // Nothing routes the service addresses, so that the service "kubernetes" needs no endpoint.
      '--endpoint-reconciler-type=none',
      `--etcd-servers=https://127.0.0.1:${layout.ports.etcdClient}`,
      `--etcd-cafile=${keyPair(layout, 'etcd-authority').certificate}`,
      `--etcd-certfile=${toEtcd.certificate}`,
      `--etcd-keyfile=${toEtcd.key}`,
      `--client-ca-file=${authority}`,
      `--tls-cert-file=${server.certificate}`,
      `--tls-private-key-file=${server.key}`,
      '--anonymous-auth=false',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--kubelet-certificate-authority=${authority}`,
      `--kubelet-client-certificate=${toKubelet.certificate}`,
      `--kubelet-client-key=${toKubelet.key}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${serviceAccounts}`,
      `--service-account-key-file=${serviceAccounts}`,
      `--service-cluster-ip-range=${layout.serviceNetwork}`,
      '--allow-privileged=false',
      '--profiling=false',
      ...(audited ? auditFlags(layout) : []),
    ],
    isReady: () =>
      api.call('GET', '/readyz', { timeoutMs: 3_000 }).then(
        ({ status }) => status === 200,
        () => false,
      ),
    // It waits for open watches before it ends.
    stopTimeoutMs: 5_000,
  };
}

function planControllerManager(layout: Layout, programs: Programs): PartPlan<'kube-controller-manager'> {
  return {
    name: 'kube-controller-manager',
    program: programs['kube-controller-manager'],
    args: [
      `--kubeconfig=${writeKubeconfig(layout, 'controller-manager')}`,
      ...serving(layout, layout.ports.controllerManager),
      ...maximumFlags,
      '--concurrent-statefulset-syncs=20',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${layout.path('certificates', 'service-accounts.key')}`,
      `--root-ca-file=${keyPair(layout, 'cluster-authority').certificate}`,
    ],
    isReady: answersOk(layout.ports.controllerManager, '/healthz', { authority: 'cluster-authority' }, layout),
  };
}

function planScheduler(layout: Layout, programs: Programs): PartPlan<'kube-scheduler'> {
  return {
    name: 'kube-scheduler',
    program: programs['kube-scheduler'],
    args: [
      `--kubeconfig=${writeKubeconfig(layout, 'scheduler')}`,
      ...serving(layout, layout.ports.scheduler),
      ...maximumFlags,
    ],
    isReady: answersOk(layout.ports.scheduler, '/healthz', { authority: 'cluster-authority' }, layout),
  };
}

function serving(layout: Layout, port: number): string[] {
  const server = keyPair(layout, 'component-server');
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${server.certificate}`,
    `--tls-private-key-file=${server.key}`,
  ];
}
