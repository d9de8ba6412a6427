/**
 * What an operation is and which workflow carries it out. The api writes the row, the workflow reads only ids:
 * configuration and secrets never travel in a payload.
 */

export const OperationKind = {
  InstanceProvision: 'instance.provision',
  InstanceStart: 'instance.start',
  InstanceStop: 'instance.stop',
  InstanceRestart: 'instance.restart',
  InstanceKill: 'instance.kill',
  InstanceUpdate: 'instance.update',
  InstanceDelete: 'instance.delete',
  InstancePurge: 'instance.purge',
  InstanceSync: 'instance.sync',
  InstanceHold: 'instance.hold',
  InstanceUpgrade: 'instance.upgrade',
  InstanceRollback: 'instance.rollback',
  TenantSync: 'tenant.sync',
  TenantDelete: 'tenant.delete',
} as const;
export type OperationKind = (typeof OperationKind)[keyof typeof OperationKind];

const removals: readonly OperationKind[] = [OperationKind.InstanceDelete, OperationKind.InstancePurge];

/**
 * Whether a newer operation ends an older one of the same subject as `Superseded` instead of being locked out. A kill
 * gives way to a removal: that ends the process too, and must not be dropped halfway. A newer quota or the removal of
 * the tenant replaces a sync that may be waiting for a dead cluster.
 */
export function supersedes(newer: OperationKind, older: OperationKind): boolean {
  switch (newer) {
    case OperationKind.InstanceDelete:
      return true;
    case OperationKind.InstanceKill:
      return !removals.includes(older);
    case OperationKind.TenantSync:
    case OperationKind.TenantDelete:
      return older === OperationKind.TenantSync;
    default:
      return false;
  }
}

/** Only these have an undo; the others go forward, so that a cancel of them is refused. */
export const cancellableKinds: readonly OperationKind[] = [
  OperationKind.InstanceProvision,
  OperationKind.InstanceUpdate,
  OperationKind.InstanceStart,
  OperationKind.InstanceRestart,
  OperationKind.InstanceSync,
  OperationKind.InstanceUpgrade,
];

/** Input of every instance workflow: ids only. */
export interface InstanceOperationInput {
  operationId: string;
  tenantId: string;
  instanceId: string;
  clusterId: string;
}

/** Input of every tenant workflow. */
export interface TenantOperationInput {
  operationId: string;
  tenantId: string;
}

export type OperationInput = InstanceOperationInput | TenantOperationInput;

/** The type of workflow for each kind; a rename here strands histories, so names only grow. */
export const workflowTypes = {
  'instance.provision': 'provisionInstance',
  'instance.start': 'startInstance',
  'instance.stop': 'stopInstance',
  'instance.restart': 'restartInstance',
  'instance.kill': 'killInstance',
  'instance.update': 'updateInstance',
  'instance.delete': 'deleteInstance',
  'instance.purge': 'purgeInstance',
  'instance.sync': 'syncInstance',
  'instance.hold': 'holdInstance',
  'instance.upgrade': 'upgradeInstance',
  'instance.rollback': 'rollbackInstance',
  'tenant.sync': 'syncTenant',
  'tenant.delete': 'deleteTenant',
} as const satisfies Record<OperationKind, string>;

export const workflowIdOf = (operationId: string): string => `operation/${operationId}`;

/** Short activities and workflow tasks; waits of minutes have a queue of their own so that they never fill the slots. */
export const taskQueues = { platform: 'platform', waits: 'platform-waits' } as const;

export const deploymentName = 'platform';

/** Keyword attributes by which an operator finds a run in Temporal UI. */
export const searchAttributes = {
  tenant: 'OccTenant',
  project: 'OccProject',
  instance: 'OccInstance',
  operation: 'OccOperation',
  phase: 'OccPhase',
  rollout: 'OccRollout',
} as const;
