import { describe, expect, it } from 'vitest';
import { emptyCluster, isClusterComplete, newClusterOf, type ClusterForm } from './cluster-form.ts';

const form = (over: Partial<ClusterForm>): ClusterForm => ({ ...emptyCluster(), name: ' place ', ...over });
const common = { name: 'place', labels: {}, tenantId: null };

describe('the form of a new cluster', () => {
  it('asks for a Kubernetes with its kubeconfig', () => {
    const typed = form({ kubeconfig: 'k', clusterRanges: '10.0.0.0/16, 10.1.0.0/16' });
    expect(newClusterOf(typed)).toEqual({
      ...common,
      runtime: 'kubernetes',
      kubeconfig: 'k',
      settings: { dnsPolicy: 'ClusterFirst', clusterRanges: ['10.0.0.0/16', '10.1.0.0/16'] },
    });
    expect([isClusterComplete(typed), isClusterComplete(form({}))]).toEqual([true, false]);
  });

  it('asks for the workers’ own machine with a directory, whatever was typed about a host', () => {
    const typed = form({ runtime: 'machine', directory: ' /srv/agents ', address: 'left over', privateKey: 'key' });
    expect(newClusterOf(typed)).toEqual({ ...common, runtime: 'machine', settings: { directory: '/srv/agents' } });
    expect(isClusterComplete(typed)).toBe(true);
  });

  it('asks for another machine with all that it takes to reach it', () => {
    const host = { address: 'worker.example.org', user: 'agents', hostKey: 'SHA256:x' };
    const typed = form({ runtime: 'machine', directory: '/srv', isRemote: true, ...host, privateKey: 'key\n' });
    expect(newClusterOf(typed)).toEqual({
      ...common,
      runtime: 'machine',
      settings: { directory: '/srv', host: { ...host, port: 22 } },
      privateKey: 'key\n',
    });
    expect(isClusterComplete(typed)).toBe(true);
    expect(isClusterComplete({ ...typed, hostKey: '' })).toBe(false);
  });

  it('asks for an engine with its socket, for one tenant, with labels and what is known of its capacity', () => {
    const typed = form({
      runtime: 'podman',
      socketPath: '/run/podman.sock',
      tenantId: 't',
      labels: 'zone=a\ndisk=fast',
      cores: 1.5,
      memoryGib: 2,
    });
    expect(newClusterOf(typed)).toEqual({
      name: 'place',
      runtime: 'podman',
      tenantId: 't',
      labels: { zone: 'a', disk: 'fast' },
      settings: { socketPath: '/run/podman.sock', capacity: { cpuMillis: 1_500, memoryBytes: 2 * 2 ** 30 } },
    });
  });
});
