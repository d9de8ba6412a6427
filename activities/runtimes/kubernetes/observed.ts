import type { Power } from '../../../workflows/contracts/phases.ts';
import type { ObservedInstance } from '../runtime.ts';
import { generationOf } from './fenced.ts';
import { annotations, containerName, labels } from './names.ts';
import type { Kinds, Stored } from './objects.ts';

/** The few facts of an object that a watch keeps; a thousand instances have to fit. */
export interface WorkloadFacts {
  instanceId: string;
  tenantId: string;
  generation: number;
  revision: number | null;
  configurationHash: string | null;
  power: Power;
  /** Revision of the pod template that is wanted; null while the controller has not seen the last change. */
  templateRevision: string | null;
}

export interface ProcessFacts {
  instanceId: string;
  tenantId: string;
  processId: string;
  templateRevision: string | null;
  ready: boolean;
  terminating: boolean;
  restarts: number;
  reason: string | null;
  message: string | null;
  exitCode: number | null;
  startedAt: string | null;
}

export interface ClaimFacts {
  instanceId: string;
  tenantId: string;
  generation: number;
}

const identityOf = (object: Stored) => ({
  instanceId: object.metadata.labels?.[labels.instance] ?? '',
  tenantId: object.metadata.labels?.[labels.tenant] ?? '',
});

export function workloadFacts(object: Stored<Kinds['StatefulSet']>): WorkloadFacts {
  const { metadata, spec, status } = object;
  const revision = Number(metadata.annotations?.[annotations.revision] ?? Number.NaN);
  const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return {
    ...identityOf(object),
    generation: generationOf(object),
    revision: Number.isSafeInteger(revision) ? revision : null,
    configurationHash: metadata.annotations?.[annotations.configurationHash] ?? null,
    power: (spec?.replicas ?? 0) > 0 ? 'on' : 'off',
    templateRevision: (seen && status?.updateRevision) || null,
  };
}

export const claimFacts = (object: Stored<Kinds['PersistentVolumeClaim']>): ClaimFacts => ({
  ...identityOf(object),
  generation: generationOf(object),
});

export function processFacts(object: Stored<Kinds['Pod']>): ProcessFacts {
  const { metadata, status } = object;
  const container = status?.containerStatuses?.find((entry) => entry.name === containerName);
  const condition = status?.conditions?.find((entry) => entry.type === 'Ready');
  const terminating = metadata.deletionTimestamp !== undefined;
  const ready = condition?.status === 'True' && !terminating;
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  return {
    ...identityOf(object),
    processId: metadata.uid,
    templateRevision: metadata.labels?.['controller-revision-hash'] ?? null,
    ready,
    terminating,
    restarts: container?.restartCount ?? 0,
    ...(ready ? { reason: null, message: null } : whyNotReady(object)),
    exitCode: ended?.exitCode ?? null,
    startedAt: container?.state?.running?.startedAt ?? null,
  };
}

/** From the most telling to the least: node, scheduler, container, pod. */
function whyNotReady({ metadata, status }: Stored<Kinds['Pod']>): {
  reason: string | null;
  message: string | null;
} {
  const conditions = status?.conditions ?? [];
  const container = status?.containerStatuses?.find((entry) => entry.name === containerName);
  const readyCondition = conditions.find((entry) => entry.type === 'Ready');
  const scheduled = conditions.find((entry) => entry.type === 'PodScheduled');
  const evicted = conditions.find((entry) => entry.type === 'DisruptionTarget' && entry.status === 'True');
  // Only the node controller turns Ready off while the kubelet's last word is that the container is ready.
  const silent = readyCondition?.status === 'False' && container?.ready === true && !metadata.deletionTimestamp;
  if (silent || evicted?.reason === 'DeletionByTaintManager' || status?.reason === 'NodeLost') {
    return { reason: 'NodeLost', message: 'The node of this process does not answer.' };
  }
  if (scheduled?.status === 'False') return said(scheduled.reason ?? 'Unschedulable', scheduled.message);
  const waiting = container?.state?.waiting;
  if (waiting?.reason) {
    const before = container?.lastState?.terminated?.reason;
    return said(waiting.reason, [waiting.message, before && `Last end: ${before}.`].filter(Boolean).join(' '));
  }
  const terminated = container?.state?.terminated;
  if (terminated) return said(terminated.reason ?? 'Terminated', terminated.message);
  if (status?.reason) return said(status.reason, status.message);
  return said(readyCondition?.reason ?? 'Pending', readyCondition?.message);
}

const said = (reason: string, message: string | undefined) => ({
  reason,
  message: message?.slice(0, 1000) || null,
});

/** What the cluster shows of one instance, joined. Pure. */
export function joinObserved(
  ref: { instanceId: string; tenantId: string },
  workload: WorkloadFacts | undefined,
  process: ProcessFacts | undefined,
  claim: ClaimFacts | undefined,
): ObservedInstance {
  return {
    instanceId: ref.instanceId,
    tenantId: ref.tenantId,
    exists: workload !== undefined,
    generation: Math.max(workload?.generation ?? 0, claim?.generation ?? 0),
    revision: workload?.revision ?? null,
    configurationHash: workload?.configurationHash ?? null,
    power: workload?.power ?? null,
    processPresent: process !== undefined,
    processId: process?.processId ?? null,
    current:
      process !== undefined &&
      !process.terminating &&
      workload?.power === 'on' &&
      workload.templateRevision !== null &&
      workload.templateRevision === process.templateRevision,
    ready: process?.ready ?? false,
    terminating: process?.terminating ?? false,
    restarts: process?.restarts ?? 0,
    reason: process?.reason ?? null,
    message: process?.message ?? null,
    exitCode: process?.exitCode ?? null,
    startedAt: process?.startedAt ?? null,
    volumePresent: claim !== undefined,
  };
}
