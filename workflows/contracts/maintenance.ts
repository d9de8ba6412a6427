/** What the platform does by itself, as a Temporal Schedule each, or for one instance when somebody asks. */

export const maintenanceNames = ['consistency', 'retention', 'overdue-rollouts', 'audit-checkpoints'] as const;
export type MaintenanceName = (typeof maintenanceNames)[number];

export interface MaintenanceInput {
  name: MaintenanceName;
  /** Of a consistency check of this instance only, asked for by a person. */
  instanceId?: string;
}

export const maintenanceWorkflowType = 'maintain';

/** Asks a run that is under way to do it once more when it is through: what it has read already may be out of date. */
export const againSignal = 'again';

export const maintenanceScheduleIdOf = (name: MaintenanceName): string => `maintenance/${name}`;

export const maintenanceTitles: Readonly<Record<MaintenanceName, string>> = {
  consistency: 'compare what runs with what should run',
  retention: 'remove what is older than its retention',
  'overdue-rollouts': 'wake rollouts that are past their deadline',
  'audit-checkpoints': 'sign how far the audit has got, and store it',
};

/** What was done, in numbers: `checked`, `drifted`, `repaired` and the like. */
export type MaintenanceResult = Record<string, number>;

export interface MaintenanceSteps {
  /** Goes on where an attempt before it was cut off. */
  carryOutMaintenance(input: MaintenanceInput): Promise<MaintenanceResult>;
}
