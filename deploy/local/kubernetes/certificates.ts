import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, runCommand } from './command.ts';
import type { Layout } from './layout.ts';

const validDays = 3650;
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

type Leaf = {
  name: string;
  subject: string;
  usage: ('clientAuth' | 'serverAuth')[];
  names?: string[];
};
type Authority = { name: string; leaves: Leaf[] };

/** Where the files of a certificate are. */
export type KeyPair = { certificate: string; key: string };

/** etcd has an authority of its own: no certificate that a user of the API holds opens it. */
function authorities(layout: Layout): Authority[] {
  const localhost = ['DNS:localhost', 'IP:127.0.0.1'];
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((name) => `DNS:${name}`);
  const apiServerNames = [...localhost, ...services, `IP:${layout.apiServiceAddress}`, `IP:${layout.gatewayAddress}`];
  const nodeNames = [`DNS:${layout.nodeName}`, `IP:${layout.gatewayAddress}`];
  const client = (name: string, subject: string): Leaf => ({
    name,
    subject,
    usage: ['clientAuth'],
  });
  const server = (name: string, names: string[]): Leaf => ({
    name,
    subject: `/CN=${name}`,
    usage: ['serverAuth'],
    names,
  });
  return [
    {
      name: 'cluster-authority',
      leaves: [
        server('apiserver', apiServerNames),
        server('component-server', localhost),
        server('kubelet-server', nodeNames),
        client('admin', '/O=system:masters/CN=occ-admin'),
        client('platform', '/CN=occ-platform'),
        client('controller-manager', '/CN=system:kube-controller-manager'),
        client('scheduler', '/CN=system:kube-scheduler'),
        client('kubelet', `/O=system:nodes/CN=system:node:${layout.nodeName}`),
        client('apiserver-to-kubelet', '/CN=kube-apiserver-kubelet-client'),
      ],
    },
    {
      name: 'etcd-authority',
      leaves: [
        {
          name: 'etcd',
          subject: '/CN=etcd',
          usage: ['serverAuth', 'clientAuth'],
          names: localhost,
        },
        client('apiserver-to-etcd', '/CN=kube-apiserver'),
      ],
    },
  ];
}

/** The files of the certificate with this name, an authority's included. */
export function keyPair(layout: Layout, name: string): KeyPair {
  return {
    certificate: layout.path('certificates', `${name}.crt`),
    key: layout.path('certificates', `${name}.key`),
  };
}

/** A certificate or key in the form that a kubeconfig carries. */
export const inBase64 = (file: string) => readFileSync(file).toString('base64');

/** Makes authorities, certificates and the key for service account tokens, once; addresses that changed renew them. */
export async function ensureCertificates(layout: Layout): Promise<void> {
  const folder = layout.path('certificates');
  const plan = authorities(layout);
  const planFile = join(folder, 'plan.json');
  const planText = JSON.stringify(plan);
  if (existsSync(planFile) && readFileSync(planFile, 'utf8') === planText) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    await Promise.all(plan.map((authority) => makeAuthority(layout, authority)));
    await runCommand('openssl', ['genrsa', '-out', join(folder, 'service-accounts.key'), '2048']);
  } catch (error) {
    if (error instanceof CommandError && error.missing) {
      throw new Error(
        'openssl is missing: it makes the certificates of the local Kubernetes. Install the package openssl.',
        { cause: error },
      );
    }
    throw error;
  }
  // Last: says that all of them are there.
  writeFileSync(planFile, planText);
}

async function makeAuthority(layout: Layout, { name, leaves }: Authority): Promise<void> {
  const { certificate, key } = keyPair(layout, name);
  const files = ['-keyout', key, '-out', certificate];
  await runCommand('openssl', ['req', '-x509', ...curve, '-days', String(validDays), '-subj', `/CN=${name}`, ...files]);
  for (const leaf of leaves) await makeLeaf(layout, leaf, { certificate, key });
}

async function makeLeaf(layout: Layout, leaf: Leaf, authority: KeyPair): Promise<void> {
  const { certificate, key } = keyPair(layout, leaf.name);
  const request = `${certificate}.request`;
  const extensions = `${certificate}.extensions`;
  const lines = [`extendedKeyUsage=${leaf.usage.join(',')}`];
  if (leaf.names) lines.push(`subjectAltName=${leaf.names.join(',')}`);
  writeFileSync(extensions, lines.join('\n'));
  await runCommand('openssl', ['req', '-new', ...curve, '-subj', leaf.subject, '-keyout', key, '-out', request]);
  const signing = ['-CA', authority.certificate, '-CAkey', authority.key, '-days', String(validDays)];
  // A random serial instead of -CAcreateserial: leaves may be signed at the same time.
  const serial = ['-set_serial', `0x${crypto.randomUUID().replaceAll('-', '')}`];
  await runCommand('openssl', [
    'x509',
    '-req',
    '-in',
    request,
    ...signing,
    ...serial,
    '-extfile',
    extensions,
    '-out',
    certificate,
  ]);
  rmSync(request);
  rmSync(extensions);
}
