import type { UnifiedConfiguration } from '../../../activities/adapters/configuration.ts';
import type { Resources } from '../../../activities/runtimes/runtime.ts';
import type { InstancePhase, Power } from '../../../workflows/contracts/phases.ts';
import type { ProblemCode } from '../../../workflows/contracts/problems.ts';
import type { RuntimeKind } from '../../clusters/runtime-kinds.ts';
import type { LayerDocument } from '../../configs/config-version.entity.ts';
import type { ConfigLayer } from '../../configs/layers.ts';

/** What a revision says, without its number. */
export interface RevisionContent {
  agentVersionId: string;
  configuration: UnifiedConfiguration;
  configurationHash: string;
  resources: Resources;
  secretNames: string[];
  templateId: string | null;
  templateVersion: number | null;
  variables: Record<string, unknown>;
  overrides: LayerDocument | null;
  provenance: Record<string, ConfigLayer> | null;
}

export interface AgentVersionOf {
  kind: string;
  version: string;
  image: string | null;
  package: string | null;
}

/** An instance that a selection names, with its wanted revision. */
export interface Candidate {
  instanceId: string;
  name: string;
  labels: Record<string, string>;
  projectId: string;
  projectName: string;
  agentKind: string;
  /** Of its cluster. */
  runtime: RuntimeKind;
  phase: InstancePhase;
  power: Power;
  revision: number;
  liveRevision: number | null;
  rollbacks: number;
  deleted: boolean;
  present: RevisionContent;
  agentVersion: AgentVersionOf;
}

export interface Refusal {
  code: ProblemCode;
  detail: string;
}

/** What the change means for the running process. */
export type Impact = 'none' | 'hot' | 'restart' | 'power' | 'image';

/** What a rollout would do with one candidate. */
export type Outcome =
  /** `revision`: what has to be written first; else `toRevision` exists already. */
  | { do: 'change'; impact: Impact; revision: RevisionContent }
  | { do: 'change'; impact: Impact; toRevision: number }
  /** Nothing would change; it is left out. `rebound`: its revision says the same by other layers from then on. */
  | { do: 'nothing'; rebound?: RevisionContent }
  /** It becomes a target that is left alone. */
  | { do: 'refuse'; refusal: Refusal };

export const refuse = (code: ProblemCode, detail: string): Outcome => ({ do: 'refuse', refusal: { code, detail } });
