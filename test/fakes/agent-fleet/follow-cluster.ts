import { configurationFile } from '../../../activities/adapters/openclaw/process.ts';
import type { Cluster } from '../../../activities/runtimes/kubernetes/cluster.ts';
import { follow } from '../../../activities/runtimes/kubernetes/follow.ts';
import { instanceSelector, labels, objectNameOf } from '../../../activities/runtimes/kubernetes/names.ts';
import type { Kind, Kinds, Stored } from '../../../activities/runtimes/kubernetes/objects.ts';
import type { Agents } from './agents.ts';

/** Keeps what the agents know of themselves as the cluster tells it; ends with `signal`. */
export async function followCluster(cluster: Cluster, agents: Agents, signal: AbortSignal): Promise<void> {
  const each = <K extends Kind>(
    kind: K,
    take: (instanceId: string, object: Stored<Kinds[K]>) => void,
    drop: (instanceId: string) => void,
  ) => {
    const isOwn = (object: Stored): string | undefined => {
      const instanceId = object.metadata.labels?.[labels.instance];
      return instanceId && object.metadata.name === objectNameOf(instanceId) ? instanceId : undefined;
    };
    const onChange = (object: Stored<Kinds[K]>): void => {
      const instanceId = isOwn(object);
      if (instanceId) take(instanceId, object);
    };
    return follow(
      cluster,
      {
        kind,
        labelSelector: instanceSelector,
        async onList(objects) {
          for await (const object of objects) onChange(object);
        },
        onChange,
        onRemoval(object) {
          const instanceId = isOwn(object);
          if (instanceId) drop(instanceId);
        },
        onLost: (error) => process.stderr.write(`the watch of each ${kind} is lost: ${String(error)}\n`),
      },
      signal,
    );
  };
  await Promise.all([
    each(
      'ConfigMap',
      (id, { metadata, data }) => {
        const agent = agents.of(id);
        agent.labels = metadata.labels ?? {};
        agent.swap(data?.[configurationFile] ?? 'null');
      },
      (id) => agents.byId.delete(id),
    ),
    each(
      'Secret',
      (id, { data }) => {
        const clear = Object.entries(data ?? {}).map(([name, value]) => [
          name,
          Buffer.from(value, 'base64').toString(),
        ]);
        agents.of(id).secrets = Object.fromEntries(clear) as Record<string, string>;
      },
      () => undefined,
    ),
  ]);
}
