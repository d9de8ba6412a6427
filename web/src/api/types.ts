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
export type Happening = Schemas['Event'];

export interface Page<Item> {
  items: Item[];
  next: string | null;
  total: number;
}
