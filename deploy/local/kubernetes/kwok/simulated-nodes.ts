import { expectSuccess, type ClusterApi } from '../cluster-api.ts';
import { waitUntil } from '../wait-until.ts';

interface Node {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Nodes that exist only as objects, as many as wanted, and waits until KWOK has made them ready. */
export async function applySimulatedNodes(api: ClusterApi, count: number, signal?: AbortSignal): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `simulated-${index}`);
  await Promise.all(
    names.map((name) =>
      api.apply(`/api/v1/nodes/${name}`, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
      }),
    ),
  );
  const isReady = ({ status }: Node) =>
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
  await waitUntil(
    'KWOK did not make its nodes ready',
    async () => {
      const { items } = expectSuccess(await api.call('GET', '/api/v1/nodes'), 'listing nodes') as { items: Node[] };
      return items.filter((node) => names.includes(node.metadata.name)).every(isReady);
    },
    { timeoutMs: 60_000, signal },
  );
}
