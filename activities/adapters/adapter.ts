import type { Fault } from '../../workflows/contracts/problems.ts';
import type {
  InstanceRef,
  OneShot,
  OneShotResult,
  Resources,
  Runtime,
  StateTool,
  WorkloadSpec,
} from '../runtimes/runtime.ts';
import type { UnifiedConfiguration } from './configuration.ts';

/**
 * What the platform knows about one kind of agent without talking to it: pure, imported by the api too.
 */
export interface AdapterRules {
  readonly kind: string;
  readonly capabilities: AdapterCapabilities;
  readonly defaultResources: Resources;
  readonly minimumResources: Resources;
  /** Variable of the process that holds the instance's own random gateway token; filled in with the secrets. */
  readonly gatewayTokenVariable: string;
  /** At which an agent answers HTTP. */
  readonly port: number;
  /** Further secret variables of the process, worked out from its gateway token. */
  derivedSecrets(gatewayToken: string): Record<string, string>;

  /** The platform's rules beyond the schema: unknown models, keys that the platform owns. Pointers into the configuration. */
  check(configuration: UnifiedConfiguration): RuleFault[];
  /** Native files. The same input gives the same bytes. */
  render(configuration: UnifiedConfiguration): Rendered;
  /** How to run it; secrets are named, not yet filled in. */
  workload(input: WorkloadInput): Omit<WorkloadSpec, 'secretEnvironment'>;
  /** True when the running process takes the change without a restart. */
  isHotChange(before: WorkloadInput, after: WorkloadInput): boolean;
}

/** A fault that our own rules found, with the code it is answered by; `refusal.ts` makes the `Problem` of them. */
export interface RuleFault extends Fault {
  code: 'agent.configuration-refused' | 'agent.configuration-owned';
}

export interface AdapterCapabilities {
  hotConfiguration: boolean;
  nativeValidation: boolean;
  proof: boolean;
  suspend: boolean;
  downgradeNeedsState: boolean;
  /** The oldest version that tells what it does; null where none can. */
  usageSince: string | null;
}

export interface Rendered {
  /** File name -> content, below the configuration's mount path. */
  files: Record<string, string>;
  /** SHA-256 over the files, hexadecimal. */
  hash: string;
  /** Variable of the process -> name of the secret whose newest value it gets. */
  secretReferences: Record<string, string>;
  /** Plain variables of the process. */
  environment: Record<string, string>;
}

/** An agent version and what it runs from; at least one of the two. */
export interface VersionToRun {
  version: string;
  /** Reference, with its digest where it is pinned. */
  image: string | null;
  /** npm package, name and exact version. */
  package: string | null;
}

export interface WorkloadInput {
  agentVersion: VersionToRun;
  configuration: UnifiedConfiguration;
  revision: number;
  resources: Resources;
}

/** The half that talks to agents; activities only. */
export interface Adapter {
  readonly rules: AdapterRules;

  /** The job in which this version's own program checks a rendered configuration; null where it has none. */
  validationJob(input: { tenantId: string; agentVersion: VersionToRun; rendered: Rendered }): OneShot | null;
  /** What that job found, as pointers into the unified configuration. */
  readValidation(result: OneShotResult, configuration: UnifiedConfiguration): Fault[];
  /** The jobs that check many configurations for the same version, several in each; none where it has no program. */
  validationJobs(input: {
    tenantId: string;
    agentVersion: VersionToRun;
    rendered: readonly Rendered[];
  }): ValidationJob[];
  /** What such a job found in each of its configurations, given in the order of its `checks`. */
  readValidations(result: OneShotResult, configurations: readonly UnifiedConfiguration[]): Fault[][];

  /**
   * Is exactly this configuration live in the running process? Asks once.
   * @throws Problem 'agent.unreachable' (worth another attempt), 'agent.unauthorized' (stop at the first 401)
   */
  prove(agent: AgentHandle, rendered: Rendered, signal: AbortSignal): Promise<Proof>;

  /**
   * Closes the agent for new work and lets what it is doing end; asked again with the same id it prolongs the lease.
   * The lease ends by itself when nobody does. Null where the kind of agent cannot do that: it is just stopped.
   * @throws Problem as `prove`
   */
  suspend: ((agent: AgentHandle, requestId: string, signal: AbortSignal) => Promise<Suspension>) | null;
  /** Opens it again, if it was closed under this id. @throws Problem as `prove` */
  resume(agent: AgentHandle, requestId: string, signal: AbortSignal): Promise<void>;
  /** What reads and writes the volume of this kind of agent; of a copy, an image that the node has. */
  stateTool(image: string | null): StateTool;
  /** A sign of life that needs no model: it serves its administration and can read its own state. Asks once. */
  probe(agent: AgentHandle, signal: AbortSignal): Promise<Probe>;
  /** Changes whenever the agent takes on work; comparable between processes and versions. @throws Problem as `prove` */
  workMark(agent: AgentHandle, signal: AbortSignal): Promise<string>;

  /**
   * What the process has done since it began; null where this version, or this process yet, does not count.
   * @throws Problem 'agent.unreachable', 'agent.unauthorized'
   */
  usage(agent: AgentHandle, signal: AbortSignal): Promise<UsageCounters | null>;

  /** What an exit means for the instance. `lastLines` is the end of the agent's output. */
  classifyExit(exitCode: number, lastLines: string[]): ExitMeaning;
}

export interface ValidationJob {
  job: OneShot;
  /** Places in the list of what was to be checked. */
  checks: number[];
}

export interface AgentHandle {
  runtime: Runtime;
  ref: InstanceRef;
  port: number;
  gatewayToken: string;
}

/**
 * `refused`: the agent says that the file it reads is invalid, and goes on with the one before. Right after a change
 * that can still be an older file, if that was invalid already: believe it once the runtime has had time to swap.
 */
export type Proof = { state: 'live' } | { state: 'pending'; reason: string } | { state: 'refused'; faults: Fault[] };

/** At rest (for so long, where nobody prolongs it; null where it does not say), or what it is still doing. */
export type Suspension = { state: 'ready'; leaseMs: number | null } | { state: 'draining'; reason: string };

export type Probe = { state: 'passed' } | { state: 'pending' | 'failed'; reason: string };

/** Counters that only grow while the process lives, and begin at 0 with the next one. */
export interface UsageCounters {
  /** Another one, another process: its counters have begun at 0. */
  processId: string;
  uptimeSeconds: number;
  /** Attempts to call a model. */
  callsSucceeded: number;
  callsFailed: number;
  runs: number;
  tokensIn: number;
  tokensOut: number;
  /** US dollars times a million, by the price list of the configuration. */
  costMicros: number;
}

export interface ExitMeaning {
  meaning: 'clean' | 'misconfigured' | 'crashed';
  /** The agent's own last error line, secrets never in it. */
  detail: string | null;
}
