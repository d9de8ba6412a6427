import { isDeepStrictEqual } from 'node:util';
import { adapterOf } from '../../activities/adapters/adapters.ts';
import { annotations, contentHash, labels, podNameOf } from '../../activities/runtimes/kubernetes/names.ts';
import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { ScaleProduct } from '../platform/scale-product.ts';

/** What a rollout was told to bring to each of its targets. */
export interface Brought {
  note: string;
  /** Null where the change leaves that alone. */
  setting: string | null;
}

/**
 * What of the cluster is not what the rollout was to bring: the files in each instance's ConfigMap, byte for byte, the
 * hash that its workload carries, and the variable in the process that runs.
 */
export async function wrongContents(
  { cluster, sql }: ScaleProduct,
  rolloutId: string,
  { note, setting }: Brought,
): Promise<string[]> {
  const targets = await sql<{ instanceId: string; configuration: UnifiedConfiguration }>(
    `select t.instance_id "instanceId", r.configuration
     from rollout_targets t join revisions r on r.instance_id = t.instance_id and r.number = t.to_revision
     where t.rollout_id = $1`,
    rolloutId,
  );
  const signal = AbortSignal.timeout(60_000);
  const [files, workloads, pods] = await Promise.all([
    cluster.list('ConfigMap', undefined, {}, signal),
    cluster.list('StatefulSet', undefined, {}, signal),
    cluster.list('Pod', undefined, {}, signal),
  ]);
  const byInstance = <Stored extends { metadata: { labels?: Record<string, string> } }>(items: readonly Stored[]) =>
    Map.groupBy(items, ({ metadata }) => metadata.labels?.[labels.instance]);
  const [filesOf, workloadOf, podsOf] = [byInstance(files.items), byInstance(workloads.items), byInstance(pods.items)];
  const { rules } = adapterOf('openclaw');
  return targets.flatMap(({ instanceId, configuration }) => {
    const rendered = rules.render(configuration);
    const [stored] = filesOf.get(instanceId) ?? [];
    const [workload] = workloadOf.get(instanceId) ?? [];
    const pod = podsOf.get(instanceId)?.find(({ metadata }) => metadata.name === podNameOf(instanceId));
    const environment = pod?.spec?.containers[0]?.env ?? [];
    const has = (variable: string) => environment.find(({ name }) => name === variable)?.value;
    const isFile = ([name, text]: [string, string]) => stored?.data?.[name] === text;
    return [
      ...(isDeepStrictEqual(configuration.native, { ui: { assistant: { name: note } } })
        ? []
        : [`${instanceId} was to get ${JSON.stringify(configuration.native)}`]),
      ...(Object.entries(rendered.files).every(isFile)
        ? []
        : [`${instanceId} has files ${contentHash(stored?.data)} instead of ${contentHash(rendered.files)}`]),
      ...(workload?.metadata.annotations?.[annotations.configurationHash] === rendered.hash
        ? []
        : [`${instanceId} says that it has another configuration than ${rendered.hash}`]),
      ...(setting === null || has('SETTING') === setting
        ? []
        : [`${instanceId} runs with ${has('SETTING')} instead of ${setting}`]),
    ];
  });
}
