import { createHash } from 'node:crypto';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';

/** What the platform is called on the engine. */
export const platformName = 'open-cluster-claw';

export const labels = {
  managedBy: 'open-cluster-claw.io/managed-by',
  /** Of the platform that made it: for people who share an engine. */
  cluster: 'open-cluster-claw.io/cluster',
  /** What an object is for; see `Role`. */
  role: 'open-cluster-claw.io/role',
  tenant: 'open-cluster-claw.io/tenant',
  project: 'open-cluster-claw.io/project',
  instance: 'open-cluster-claw.io/instance',
  name: 'open-cluster-claw.io/name',
  /** On a record: its place in the chain, and what is wanted. */
  sequence: 'open-cluster-claw.io/sequence',
  record: 'open-cluster-claw.io/record',
  /** On a process: the template that it runs, and who wrote it. */
  template: 'open-cluster-claw.io/template',
  generation: 'open-cluster-claw.io/generation',
  operation: 'open-cluster-claw.io/operation',
  bounds: 'open-cluster-claw.io/bounds',
} as const;

export type Role = 'record' | 'process' | 'state' | 'configuration' | 'assets' | 'network' | 'bounds' | 'one-shot';

const idPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

function checkedId(id: string, what: string): string {
  if (!idPattern.test(id)) throw new Problem('cluster.refused', `The id of this ${what} cannot name an object.`);
  return id;
}

/** Of the process, whose name is the lock on the state; names of all else of an instance begin with it. */
export const nameOf = ({ instanceId }: Pick<InstanceRef, 'instanceId'>): string =>
  `occ-i-${checkedId(instanceId, 'instance')}`;
export const recordNameOf = (ref: Pick<InstanceRef, 'instanceId'>, sequence: number): string =>
  `${nameOf(ref)}-r${sequence}`;
export const stateNameOf = (ref: Pick<InstanceRef, 'instanceId'>): string => `${nameOf(ref)}-state`;
/** @throws Problem 'cluster.refused' where an id is none, before anything is asked of the engine */
export function requireIds({ instanceId, tenantId }: Pick<InstanceRef, 'instanceId' | 'tenantId'>): void {
  checkedId(instanceId, 'instance');
  checkedId(tenantId, 'tenant');
}

export const tenantNameOf = (tenantId: string): string => `occ-t-${checkedId(tenantId, 'tenant')}`;

const managedLabels = (clusterId: string, role: Role): Record<string, string> => ({
  [labels.managedBy]: platformName,
  [labels.cluster]: clusterId,
  [labels.role]: role,
});

export const tenantLabels = (clusterId: string, role: Role, tenantId: string): Record<string, string> => ({
  ...managedLabels(clusterId, role),
  [labels.tenant]: checkedId(tenantId, 'tenant'),
});

export const instanceLabels = (clusterId: string, role: Role, ref: InstanceRef): Record<string, string> => ({
  ...tenantLabels(clusterId, role, ref.tenantId),
  [labels.project]: checkedId(ref.projectId, 'project'),
  [labels.instance]: checkedId(ref.instanceId, 'instance'),
  [labels.name]: ref.name.slice(0, 200),
});

/** Of a list: all that carries these labels. */
export const withLabels = (wanted: Record<string, string>): { label: string[] } => ({
  label: Object.entries({ [labels.managedBy]: platformName, ...wanted }).map(([key, value]) => `${key}=${value}`),
});

/** Podman takes several labels of a filter for alternatives: what it lists is looked at again. */
export const carries = (found: Record<string, string> | null | undefined, wanted: Record<string, string>): boolean =>
  Object.entries(wanted).every(([key, value]) => found?.[key] === value);

/** The same job has the same name, another content another one: a repeat finds what its predecessor left. */
export function oneShotNameOf(job: { tenantId: string; name: string }): string {
  const slug = job.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 24);
  return `occ-once-${slug ? `${slug}-` : ''}${contentHash(job).slice(0, 24)}`;
}

/** SHA-256 over the JSON form, hexadecimal. Key order counts: render in a fixed one. */
export const contentHash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

export const sorted = <T>(record: Record<string, T>): [string, T][] =>
  Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1));

/** Ids are of all tenants: what is another one's is not there. */
export const isOwn = (found: Record<string, string>, { tenantId }: Pick<InstanceRef, 'tenantId'>): boolean =>
  found[labels.tenant] === tenantId;
