import { createHash } from 'node:crypto';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';

/** What the platform is called by the cluster: field manager, managed-by label, user agent. */
export const platformName = 'open-cluster-claw';

export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  tenant: 'open-cluster-claw.io/tenant',
  project: 'open-cluster-claw.io/project',
  instance: 'open-cluster-claw.io/instance',
  name: 'open-cluster-claw.io/name',
  oneShot: 'open-cluster-claw.io/one-shot',
  /** On namespaces from which agents may be called; set by whoever installs the platform inside the cluster. */
  role: 'open-cluster-claw.io/role',
} as const;

export const annotations = {
  generation: 'open-cluster-claw.io/generation',
  operation: 'open-cluster-claw.io/operation',
  /** On the objects of a tenant's space: the quota that they were written from. */
  quotaGeneration: 'open-cluster-claw.io/quota-generation',
  revision: 'open-cluster-claw.io/revision',
  configurationHash: 'open-cluster-claw.io/configuration-hash',
  displayName: 'open-cluster-claw.io/display-name',
  /** Of what was rendered, so that a field that is gone from the rendering is noticed too. */
  manifestHash: 'open-cluster-claw.io/manifest-hash',
  /** On the pod template: a new value is a new process. */
  restart: 'open-cluster-claw.io/restart',
  environmentHash: 'open-cluster-claw.io/environment-hash',
  assetsHash: 'open-cluster-claw.io/assets-hash',
} as const;

export const containerName = 'agent';

/** Room for `occ-` and for the suffixes that the cluster adds within the 63 characters of a label. */
const idPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

function checkedId(id: string, what: string): string {
  if (!idPattern.test(id)) throw new Problem('cluster.refused', `The id of this ${what} cannot name an object.`);
  return id;
}

export const namespaceOf = (tenantId: string): string => `occ-${checkedId(tenantId, 'tenant')}`;
export const objectNameOf = (instanceId: string): string => `i-${checkedId(instanceId, 'instance')}`;
export const podNameOf = (instanceId: string): string => `${objectNameOf(instanceId)}-0`;

/** Where all objects of an instance are. */
export interface Place {
  namespace: string;
  name: string;
}

export const placeOf = (ref: Pick<InstanceRef, 'tenantId' | 'instanceId'>): Place => ({
  namespace: namespaceOf(ref.tenantId),
  name: objectNameOf(ref.instanceId),
});

/** Chosen by people, so anything: what a label cannot hold becomes `-`. The name itself is kept as an annotation. */
export function labelValueOf(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** Selects the pod of an instance; never changes, because a selector cannot. */
export const selectorOf = (ref: InstanceRef): Record<string, string> => ({
  [labels.instance]: ref.instanceId,
});

/** Ids only: a template with the name in it would restart the agent when somebody renames it. */
export const podLabelsOf = (ref: InstanceRef): Record<string, string> => ({
  [labels.managedBy]: platformName,
  [labels.tenant]: checkedId(ref.tenantId, 'tenant'),
  [labels.project]: checkedId(ref.projectId, 'project'),
  [labels.instance]: checkedId(ref.instanceId, 'instance'),
});

export const objectLabelsOf = (ref: InstanceRef): Record<string, string> => ({
  ...podLabelsOf(ref),
  [labels.name]: labelValueOf(ref.name),
});

/** Objects that belong to an instance, among all that the platform manages. */
export const instanceSelector = `${labels.managedBy}=${platformName},${labels.instance}`;

/** The same job has the same name, another content another one: a repeat finds what its predecessor left. */
export function oneShotNameOf(job: { name: string }): string {
  const slug = labelValueOf(job.name.toLowerCase())
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 24)
    .replace(/-+$/, '');
  return `once-${slug ? `${slug}-` : ''}${contentHash(job).slice(0, 16)}`;
}

/** SHA-256 over the JSON form, hexadecimal. Key order counts: render in a fixed one. */
export const contentHash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
