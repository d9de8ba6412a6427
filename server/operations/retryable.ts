import { OperationKind } from '../../workflows/contracts/operations.ts';
import type { OperationPhase } from '../../workflows/contracts/phases.ts';
import type { Permission } from '../access/permissions.ts';

const endings: readonly OperationPhase[] = ['Failed', 'Cancelled'];

/** Failed or cancelled, and nothing has come after it: an older one belongs to a state that is gone. */
export const isRetryable = ({ phase, newest }: { phase: OperationPhase; newest: boolean }): boolean =>
  newest && endings.includes(phase);

/** Who retries does it again: he needs the right to the thing itself. */
const permissionFor: Record<OperationKind, Permission> = {
  [OperationKind.InstanceProvision]: 'instance:create',
  [OperationKind.InstanceStart]: 'instance:start',
  [OperationKind.InstanceStop]: 'instance:stop',
  [OperationKind.InstanceRestart]: 'instance:restart',
  [OperationKind.InstanceKill]: 'instance:kill',
  [OperationKind.InstanceUpdate]: 'instance:update',
  [OperationKind.InstanceDelete]: 'instance:delete',
  [OperationKind.InstancePurge]: 'instance:purge',
  [OperationKind.InstanceSync]: 'instance:sync',
  [OperationKind.InstanceHold]: 'instance:sync',
  [OperationKind.InstanceUpgrade]: 'instance:update',
  [OperationKind.InstanceRollback]: 'instance:update',
  [OperationKind.TenantSync]: 'quota:update',
  [OperationKind.TenantDelete]: 'tenant:delete',
};

export const permissionToRepeat = ({ kind, input }: { kind: OperationKind; input?: { purge?: boolean } }): Permission =>
  input?.purge ? 'instance:purge' : permissionFor[kind];
