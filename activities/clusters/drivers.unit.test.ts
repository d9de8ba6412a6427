import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../server/clusters/cluster.entity.ts';
import { runtimeKinds, type RuntimeKind } from '../../server/clusters/runtime-kinds.ts';
import { drivers } from './drivers.ts';

const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n').toString('base64');
const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'here',
  clusters: [{ name: 'there', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': pem } }],
  contexts: [{ name: 'here', context: { cluster: 'there', user: 'me' } }],
  users: [{ name: 'me', user: { token: 'token' } }],
});

/** What makes each driver, without anything being asked of the cluster. */
const samples: Record<RuntimeKind, { settings: Cluster['settings']; credential: string | null }> = {
  kubernetes: { settings: {}, credential: kubeconfig },
  machine: { settings: { directory: '/srv/agents' }, credential: null },
  docker: { settings: { socketPath: '/var/run/docker.sock' }, credential: null },
  podman: { settings: { socketPath: '/run/podman/podman.sock' }, credential: null },
};

describe('what the api knows of a kind of cluster', () => {
  it.each(Object.entries(drivers))('is what its driver says of itself: %s', async (kind, make) => {
    const runtime = kind as RuntimeKind;
    const { settings, credential } = samples[runtime];
    const id = '00000000-0000-7000-8000-000000000001';
    const driver = make({ id, name: kind, runtime, phase: 'Ready', settings } as Cluster, credential);
    const { runtime: named, runsFrom, isolatesTenants } = driver.capabilities;
    await driver.close?.();
    expect({ named, runsFrom, isolatesTenants }).toEqual({ named: runtime, ...runtimeKinds[runtime] });
  });
});
