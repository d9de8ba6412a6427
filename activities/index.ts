import type { OperationInput } from '../workflows/contracts/operations.ts';
import type { MaintenanceSteps } from '../workflows/contracts/maintenance.ts';
import type { RolloutSteps } from '../workflows/contracts/rollouts.ts';
import type { StepName, Steps, StepsAtHand } from '../workflows/contracts/steps.ts';
import type { Deps } from './deps.ts';
import { backupState } from './backups/backup-state.ts';
import { restoreState, restoreVersion } from './backups/restore-state.ts';
import { applyRevision, repairInstance, restartPrevious, restoreRevision } from './instances/apply-revision.ts';
import { awaitReady, proveConfiguration } from './instances/await-live.ts';
import { awaitRemoved, awaitStopped } from './instances/await-stopped.ts';
import { checkConfiguration } from './instances/check-configuration.ts';
import { checkDivergence } from './instances/check-divergence.ts';
import { passKnownConfiguration } from './instances/pass-known-configuration.ts';
import { placeInstance } from './instances/place-instance.ts';
import { killProcess, powerOff, powerOn, restartProcess } from './instances/power.ts';
import { prePullImage } from './instances/pre-pull-image.ts';
import { probeAgent } from './instances/probe-agent.ts';
import { removeInstance, removeVolume, undoPlacement } from './instances/remove-instance.ts';
import { settle } from './instances/settle.ts';
import { resumeAgent, stopForCopy, suspendAgent } from './instances/suspend.ts';
import { maintenanceSteps } from './maintenance/index.ts';
import { rolloutActivities } from './rollouts/rollout-activities.ts';
import { Ownership } from './steps/ownership.ts';
import { step, type StepContext, type StepNature } from './steps/step.ts';
import { ensureTenantSpace, removeTenantSpaces, syncTenantSpaces } from './tenants/tenant-space.ts';

/** The composition root of the worker: every step of every workflow, with what it needs bound in. */
export function createActivities(deps: Deps): Steps & StepsAtHand & RolloutSteps & MaintenanceSteps {
  const frame = { deps, ownership: new Ownership(deps.db) };
  const of =
    (nature: StepNature) =>
    <Input extends OperationInput, Result>(name: StepName, work: (context: StepContext<Input>) => Promise<Result>) =>
      step(frame, name, work, nature);
  const [forward, look, rest, back] = [of('effect'), of('look'), of('rest'), of('undo')];

  return {
    ensureTenantSpace: forward('ensureTenantSpace', ensureTenantSpace),
    checkConfiguration: look('checkConfiguration', checkConfiguration),
    placeInstance: forward('placeInstance', placeInstance),
    powerOn: forward('powerOn', powerOn),
    powerOff: forward('powerOff', powerOff),
    restartProcess: forward('restartProcess', restartProcess),
    killProcess: forward('killProcess', killProcess),
    applyRevision: forward('applyRevision', applyRevision),
    repairInstance: forward('repairInstance', repairInstance),
    awaitReady: look('awaitReady', awaitReady),
    awaitStopped: look('awaitStopped', awaitStopped),
    proveConfiguration: look('proveConfiguration', proveConfiguration),
    removeInstance: forward('removeInstance', removeInstance),
    awaitRemoved: look('awaitRemoved', awaitRemoved),
    removeVolume: forward('removeVolume', removeVolume),
    parkInstance: rest('parkInstance', powerOff),
    prePullImage: forward('prePullImage', prePullImage),
    checkDivergence: look('checkDivergence', checkDivergence),
    suspendAgent: forward('suspendAgent', suspendAgent),
    stopForCopy: forward('stopForCopy', stopForCopy),
    backupState: forward('backupState', backupState),
    restoreState: forward('restoreState', restoreState),
    probeAgent: look('probeAgent', probeAgent),
    resumeAgent: back('resumeAgent', resumeAgent),
    restoreVersion: back('restoreVersion', restoreVersion),
    restartPrevious: back('restartPrevious', restartPrevious),
    undoPlacement: back('undoPlacement', undoPlacement),
    restoreRevision: back('restoreRevision', restoreRevision),
    undoPowerOn: back('undoPowerOn', powerOff),
    settle: settle(deps),
    passKnownConfiguration: passKnownConfiguration(deps),
    syncTenantSpaces: forward('syncTenantSpaces', syncTenantSpaces),
    removeTenantSpaces: forward('removeTenantSpaces', removeTenantSpaces),
    ...rolloutActivities(deps),
    ...maintenanceSteps(deps),
  };
}
