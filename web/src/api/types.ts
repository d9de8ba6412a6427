import type { components } from './schema.d.ts';

/** The objects of the api under the words that pages use. */
type Schemas = components['schemas'];

export type Me = Schemas['Me'];
export type Tenant = Schemas['Tenant'];
export type Quota = Schemas['Quota'];
export type Amounts = Schemas['Limits'];
export type Project = Schemas['Project'];
export type Secret = Schemas['Secret'];
export type Cluster = Schemas['Cluster'];
export type AgentVersion = Schemas['AgentVersion'];
export type AgentKind = Schemas['AgentKind'];
export type InstanceSummary = Schemas['InstanceSummary'];
export type Instance = Schemas['Instance'];
export type InstancePhase = Schemas['InstancePhase'];
export type NewInstance = Schemas['NewInstance'];
export type InstanceChange = Schemas['InstanceChange'];
export type InstancePreviewRequest = Schemas['InstancePreviewRequest'];
export type InstancePreview = Schemas['InstancePreview'];
export type ObservedState = Schemas['ObservedState'];
export type OperationSummary = Schemas['OperationSummary'];
export type Operation = Schemas['Operation'];
export type OperationStep = Schemas['OperationStep'];
export type OperationPhase = Schemas['OperationPhase'];
export type OperationKind = Schemas['OperationKind'];
export type RecordedError = Schemas['RecordedError'];
export type RolloutSummary = Schemas['RolloutSummary'];
export type Rollout = Schemas['Rollout'];
export type RolloutPhase = Schemas['RolloutPhase'];
export type RolloutTarget = Schemas['RolloutTarget'];
export type RolloutTargetPhase = Schemas['RolloutTargetPhase'];
export type RolloutCells = Schemas['RolloutCells'];
export type RolloutPreview = Schemas['RolloutPreview'];
export type RolloutPreviewRequest = Schemas['RolloutPreviewRequest'];
export type RolloutChange = Schemas['RolloutChange'];
export type NewRollout = Schemas['NewRollout'];
export type AnalysisResult = Schemas['AnalysisResult'];
export type RevisionSummary = Schemas['RevisionSummary'];
export type Backup = Schemas['Backup'];
export type Drift = Schemas['Drift'];
export type DriftState = Drift['state'];
export type ConfigSummary = Schemas['ConfigSummary'];
export type Config = Schemas['Config'];
export type ConfigStatus = ConfigSummary['status'];
export type ConfigChange = Schemas['ConfigChange'];
export type ConfigVersionSummary = Schemas['ConfigVersionSummary'];
export type ConfigVersion = Schemas['ConfigVersion'];
export type ConfigValidation = Schemas['ConfigValidation'];
export type ConfigVerdict = Schemas['ConfigVerdict'];
export type ConfigFault = Schemas['ConfigFault'];
export type ConfigLayer = Schemas['ConfigLayer'];
export type ConfigDiff = Schemas['ConfigDiff'];
export type Defaults = Schemas['Defaults'];
export type DefaultsInput = Schemas['DefaultsInput'];
export type MaintenanceSchedule = Schemas['MaintenanceSchedule'];
export type RolloutStrategy = Schemas['RolloutStrategy'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditOutcome = AuditEntry['outcome'];
export type AuditProof = Schemas['AuditProof'];
export type Happening = Schemas['Event'];

export interface Page<Item> {
  items: Item[];
  next: string | null;
  total: number;
}
