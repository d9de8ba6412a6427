import { Problem } from '../../workflows/contracts/problem.ts';
import type { Cluster, ClusterSettings } from './cluster.entity.ts';
import type { SettingsPatch } from './cluster-settings.schema.ts';
import type { RuntimeKind } from './runtime-kinds.ts';

const kubernetes = ['dnsPolicy', 'storageClass', 'clusterRanges', 'agentAddress', 'capacity'] as const;
const ofRuntime: Record<RuntimeKind, readonly (keyof SettingsPatch)[]> = {
  kubernetes,
  machine: ['host', 'capacity'],
  docker: ['socketPath', 'capacity'],
  podman: ['socketPath', 'capacity'],
};

/**
 * JSON merge patch (RFC 7396): null takes a member away, what is not named stays. How a machine is reached can change,
 * not which one it is: whoever moves it to another host moves its directory too.
 * @throws Problem 'request.unfit' for what this cluster does not have
 */
export function mergeSettings(
  { runtime, settings }: Pick<Cluster, 'runtime' | 'settings'>,
  patch: SettingsPatch,
): ClusterSettings {
  const merged: Record<string, unknown> = { ...settings };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const isKnown = ofRuntime[runtime].some((known) => known === name);
    if (!isKnown || (name === 'host' && !settings.host)) throw unfit(name, runtime);
    if (value === null) delete merged[name];
    else merged[name] = name === 'host' ? { ...settings.host, ...(value as object) } : value;
  }
  return merged;
}

const unfit = (name: string, runtime: RuntimeKind): Problem =>
  new Problem('request.unfit', undefined, {
    faults: [{ pointer: `/settings/${name}`, detail: `not a setting of this ${runtime} cluster` }],
  });
