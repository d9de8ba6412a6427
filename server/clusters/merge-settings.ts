import type { ClusterSettings } from './cluster.entity.ts';
import type { ClusterPatch } from './cluster.schema.ts';

/** JSON merge patch (RFC 7396): null takes a member away, what is not named stays. */
export function mergeSettings(
  settings: ClusterSettings,
  patch: NonNullable<ClusterPatch['settings']>,
): ClusterSettings {
  const {
    dnsPolicy = settings.dnsPolicy,
    storageClass = settings.storageClass,
    clusterRanges = settings.clusterRanges,
    agentAddress = settings.agentAddress,
  } = patch;
  return {
    ...(dnsPolicy && { dnsPolicy }),
    ...(storageClass && { storageClass }),
    ...(clusterRanges && { clusterRanges }),
    ...(agentAddress && { agentAddress }),
  };
}
