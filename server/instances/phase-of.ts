import { OperationKind } from '../../workflows/contracts/operations.ts';
import { InstancePhase, type Power } from '../../workflows/contracts/phases.ts';

export interface DesiredFacts {
  power: Power;
  /** Proven live at least once. */
  everLive: boolean;
  /** Its objects and volume were begun to be made, and not all taken away again. */
  placed: boolean;
  deleted: boolean;
  lastErrorCode: string | null;
}

export interface ObservedFacts {
  exists: boolean;
  processPresent: boolean;
  ready: boolean;
  current: boolean;
  exitCode: number | null;
  reason: string | null;
}

const phaseDuring: Partial<Record<OperationKind, InstancePhase>> = {
  [OperationKind.InstanceProvision]: InstancePhase.Provisioning,
  [OperationKind.InstanceStart]: InstancePhase.Starting,
  [OperationKind.InstanceRestart]: InstancePhase.Starting,
  [OperationKind.InstanceStop]: InstancePhase.Stopping,
  [OperationKind.InstanceKill]: InstancePhase.Stopping,
  [OperationKind.InstanceUpdate]: InstancePhase.Updating,
  [OperationKind.InstanceUpgrade]: InstancePhase.Updating,
  [OperationKind.InstanceRollback]: InstancePhase.Updating,
  [OperationKind.InstanceDelete]: InstancePhase.Deleting,
};

/** By convention of the agents: a refusal of configuration or data that no retry can mend. */
const misconfiguredExitCode = 78;

/**
 * The only author of an instance's phase.
 * @param observed null where nothing is known: not seen yet, or the cluster does not answer
 * @param activeOperation kind of the operation that holds the instance, null when none does
 */
export function phaseOf(
  desired: DesiredFacts,
  observed: ObservedFacts | null,
  activeOperation: OperationKind | null,
): InstancePhase {
  if (desired.deleted) return InstancePhase.Deleted;
  const during = activeOperation && phaseDuring[activeOperation];
  if (during) return during;
  if (desired.lastErrorCode === 'agent.misconfigured' && !observed?.ready) return InstancePhase.Misconfigured;
  if (!desired.everLive && desired.lastErrorCode && !desired.placed) return InstancePhase.Failed;
  if (!observed || observed.reason === 'NodeLost') return InstancePhase.Unknown;
  if (desired.power === 'off') return observed.processPresent ? InstancePhase.Stopping : InstancePhase.Stopped;
  if (observed.ready && observed.current) return InstancePhase.Running;
  if (observed.exitCode === misconfiguredExitCode && !observed.ready) return InstancePhase.Misconfigured;
  return InstancePhase.Degraded;
}
