import { isDeepStrictEqual } from 'node:util';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { fileItems } from './assets.ts';
import { ensureClaim } from './claim.ts';
import {
  ensureConfigMap,
  ensureNetworkPolicy,
  ensureSecret,
  ensureService,
  rememberMarked,
  type Membership,
} from './dependents.ts';
import { changeFenced, ensureFenced, refuseSuperseded, removeFenced, together, type Attempt } from './fenced.ts';
import { annotations, placeOf, selectorOf, type Place } from './names.ts';
import { instancePolicySpec } from './network.ts';
import { covers, type Kinds, type Stored } from './objects.ts';
import { revisionAnnotations, statefulSetManifest, type DnsPolicy, type StatefulSetManifest } from './workload.ts';

const takeBackTimeoutMs = 10_000;

export interface Placement {
  dnsPolicy: DnsPolicy;
  storageClassName: string | undefined;
  clusterRanges: readonly string[];
}

/**
 * The StatefulSet is the anchor: created first, powered off, and marked with our generation before anything else
 * is written. The template follows last, because a changed one starts a process, which must find its files.
 */
export async function ensureInstance(
  ref: InstanceRef,
  spec: WorkloadSpec,
  attempt: Attempt,
  placement: Placement,
): Promise<void> {
  const { cluster, fence, signal } = attempt;
  const place = placeOf(ref);
  // First, because it may refuse: then nothing is touched.
  const policy = policyOf(ref, spec, placement);
  const [before, claim] = await Promise.all([
    cluster.get('StatefulSet', place.namespace, place.name, signal),
    cluster.get('PersistentVolumeClaim', place.namespace, place.name, signal),
  ]);
  // The claim outlives a removal, and with it the generation that removed: a late creation is refused here.
  if (claim) refuseSuperseded(claim, fence);
  const manifest = statefulSetManifest(ref, spec, placement.dnsPolicy);
  let created = false;
  try {
    const anchored = await ensureFenced('StatefulSet', manifest, place, attempt, () => undefined, before ?? 'absent');
    created = anchored.created;
    const member: Membership = { ref, anchor: anchored.object, attempt, expected: created ? 'absent' : 'unread' };
    await together([
      ensureClaim(spec, { ...member, expected: claim ? 'unread' : member.expected }, placement.storageClassName),
      ensureConfigMap(spec, member),
      ensureSecret(spec, member),
      ensureService(spec, member),
      ensureNetworkPolicy(policy, member),
    ]);
    rememberMarked(ref, attempt);
    // The last write may have been long under way.
    fence.assertValid();
    if (created) return;
    const settled = await changeFenced('StatefulSet', place, attempt, (stored) => bringUpToDate(stored, manifest));
    if (!settled) throw new Problem('cluster.unavailable', 'The workload was removed while it was being changed.');
  } catch (error) {
    if (created && isSuperseded(error)) await takeBack(place, attempt);
    throw error;
  }
}

/**
 * Where instance and claim are gone nothing in the cluster can refuse a late creation. If the fence tells us only
 * after the anchor was written, the anchor goes again, unless it has been used meanwhile or a newer operation has
 * made it its own.
 */
async function takeBack(place: Place, { cluster, fence }: Attempt): Promise<void> {
  const signal = AbortSignal.timeout(takeBackTimeoutMs);
  const stored = await cluster.get('StatefulSet', place.namespace, place.name, signal);
  if (!stored || (stored.spec?.replicas ?? 0) > 0) return;
  const { operationId, generation } = fence;
  const unconditional = { operationId, generation, assertValid: () => undefined };
  try {
    const attempt = { cluster: cluster.heldBy(unconditional), fence: unconditional, signal };
    await removeFenced('StatefulSet', place, attempt, { propagationPolicy: 'Background' });
  } catch (error) {
    if (!isSuperseded(error)) throw error;
  }
}

const isSuperseded = (error: unknown): boolean => error instanceof Problem && error.code === 'operation.superseded';

/** The files of a living process; what it may reach can change with them. The template stays as it is. */
export async function putConfiguration(
  ref: InstanceRef,
  spec: WorkloadSpec,
  attempt: Attempt,
  placement: Placement,
): Promise<void> {
  const place = placeOf(ref);
  const policy = policyOf(ref, spec, placement);
  const present = await attempt.cluster.get('StatefulSet', place.namespace, place.name, attempt.signal);
  if (!present) throw withoutWorkload();
  refuseSuperseded(present, attempt.fence);
  refuseOtherNames(present, spec);
  const anchor = await changeFenced('StatefulSet', place, attempt, undefined, present);
  if (!anchor) throw withoutWorkload();
  const member: Membership = { ref, anchor, attempt, expected: 'unread' };
  await together([ensureConfigMap(spec, member), ensureNetworkPolicy(policy, member)]);
  await changeFenced('StatefulSet', place, attempt, (stored) => {
    Object.assign((stored.metadata.annotations ??= {}), revisionAnnotations(spec));
  });
}

/** A pod has each of its files by its name: one that is missing would keep all others from being brought up to date. */
function refuseOtherNames({ spec: workload }: Stored<Kinds['StatefulSet']>, { configuration }: WorkloadSpec): void {
  const volume = workload?.template.spec?.volumes?.find(({ name }) => name === 'configuration');
  const mounted = volume?.configMap?.items?.map(({ path }) => path);
  if (
    isDeepStrictEqual(
      mounted,
      fileItems(configuration.files).map(({ path }) => path),
    )
  )
    return;
  throw new Problem('runtime.unsupported', 'Files of other names take a new process on this cluster.');
}

const policyOf = (ref: InstanceRef, spec: WorkloadSpec, { clusterRanges }: Placement) =>
  instancePolicySpec(selectorOf(ref), spec.port, spec.egress, clusterRanges);

export const withoutWorkload = (): Problem =>
  new Problem('instance.state-conflict', 'The instance has no workload on its cluster. Sync it first.');

/** Power is kept, and so is the last restart: both are writes of their own. */
function bringUpToDate(stored: Stored<Kinds['StatefulSet']>, manifest: StatefulSetManifest): void {
  const upToDate =
    stored.metadata.annotations?.[annotations.manifestHash] ===
      manifest.metadata.annotations?.[annotations.manifestHash] &&
    covers(stored.spec?.template, manifest.spec?.template);
  Object.assign((stored.metadata.labels ??= {}), manifest.metadata.labels);
  Object.assign((stored.metadata.annotations ??= {}), manifest.metadata.annotations);
  if (upToDate || !stored.spec || !manifest.spec) return;
  const restart = stored.spec.template.metadata?.annotations?.[annotations.restart];
  stored.spec.template = structuredClone(manifest.spec.template);
  if (restart !== undefined) markRestart(stored.spec.template, restart);
}

export function markRestart(template: NonNullable<StatefulSetManifest['spec']>['template'], token: string): void {
  const metadata = (template.metadata ??= {});
  (metadata.annotations ??= {})[annotations.restart] = token;
}
