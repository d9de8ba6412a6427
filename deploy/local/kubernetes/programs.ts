import type { Report } from '../report.ts';
import { findProgram } from '../search-path.ts';
import { buildPrograms, type ProgramSet } from './go-build.ts';
import { runCommand } from './command.ts';

const onLinux = process.platform === 'linux';

/** Compiled in one go: they share most of their packages. */
const kubernetesSet = {
  name: 'Kubernetes',
  folder: '.',
  module: 'k8s.io/kubernetes',
  packages: [
    'k8s.io/kubernetes/cmd/kube-apiserver',
    'k8s.io/kubernetes/cmd/kube-controller-manager',
    'k8s.io/kubernetes/cmd/kube-scheduler',
    'k8s.io/kubernetes/cmd/kubectl',
    ...(onLinux ? ['k8s.io/kubernetes/cmd/kubelet'] : []),
  ],
  // A program built from modules does not know its version otherwise, and `GET /version` would say v0.0.0.
  versionVariables: ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'],
} satisfies ProgramSet;

const etcdSet = {
  name: 'etcd',
  folder: 'etcd',
  module: 'go.etcd.io/etcd/server/v3',
  packages: ['go.etcd.io/etcd/server/v3'],
  renameTo: 'etcd',
} satisfies ProgramSet;

type ProgramName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubectl' | 'kubelet';

/** Where each program is. */
export type Programs = Record<ProgramName, string>;

/** Finds a program as a shell of root would: Debian keeps some where a user's PATH does not lead. */
export const findOnPath = (program: string) => findProgram(program, ['/usr/sbin', '/sbin']);

/** A program on PATH whose `--version` names the same minor version as the one that would be built. */
async function findFitting(program: string, args: string[], version: RegExp): Promise<string | undefined> {
  const path = findOnPath(program);
  if (!path) return undefined;
  const printed = await runCommand(path, args, { timeoutMs: 10_000 }).catch(() => '');
  return version.test(printed) ? path : undefined;
}

async function fittingKubernetes(): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {};
  for (const package_ of kubernetesSet.packages) {
    const name = package_.slice(package_.lastIndexOf('/') + 1);
    const args = name === 'kubectl' ? ['version', '--client'] : ['--version'];
    const path = await findFitting(name, args, /\bv1\.34\.\d+/);
    if (!path) return undefined;
    found[name] = path;
  }
  return found;
}

/**
 * Provides the programs of a Kubernetes: those on PATH when all of them have the fitting version, else built from
 * their sources (about eight minutes on two cores, once) into the cache.
 */
export async function providePrograms(options: {
  cacheDirectory: string;
  report: Report;
  signal?: AbortSignal;
}): Promise<Programs> {
  const etcd = await findFitting('etcd', ['--version'], /etcd Version: 3\.[56]\./);
  const found = {
    ...(etcd ? { etcd } : await buildPrograms(etcdSet, options)),
    ...((await fittingKubernetes()) ?? (await buildPrograms(kubernetesSet, options))),
  };
  return found as Programs;
}
