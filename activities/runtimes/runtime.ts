import type { Readable } from 'node:stream';
import type { Power } from '../../workflows/contracts/phases.ts';
import type { Inside } from './inside.ts';

/**
 * The driver for one kind of cluster. Every method is idempotent and safe to repeat after a crash at any point.
 * Faults are `Problem`s: `cluster.unavailable` (nothing answered, worth another attempt), `cluster.denied`,
 * `cluster.refused`, `cluster.quota-exceeded`, `operation.superseded` (a newer generation has written already),
 * `agent.unreachable`, `runtime.unsupported`.
 */
export interface Runtime {
  readonly capabilities: RuntimeCapabilities;
  /** Logs, commands, terminals, files and figures of a running instance; null where the driver gives none. */
  readonly inside: Inside | null;

  /** Answers when the cluster does. @returns its version, for people */
  ping(signal: AbortSignal): Promise<{ version: string }>;

  /** Namespace with quota, limit range, restricted profile and network openings; changes only what differs. */
  ensureTenantSpace(space: TenantSpace, fence: Fence, signal: AbortSignal): Promise<void>;
  /** Ids of the tenants that have a space here, also of tenants of another platform. */
  listTenantSpaces(signal: AbortSignal): Promise<string[]>;
  /** Removes the space and everything in it, volumes too. Ends when nothing is left. */
  removeTenantSpace(tenantId: string, fence: Fence, signal: AbortSignal): Promise<void>;

  /**
   * Puts an instance's objects in place: what is missing is created, what differs is changed, power is kept
   * (`off` where the workload is new). A claim outlives the workload and only grows.
   */
  ensureInstance(ref: InstanceRef, spec: WorkloadSpec, fence: Fence, signal: AbortSignal): Promise<void>;
  /**
   * Replaces the configuration files of a living instance without touching its process.
   * @throws Problem 'runtime.unsupported' where files of other names than before take a new process
   */
  putConfiguration(ref: InstanceRef, spec: WorkloadSpec, fence: Fence, signal: AbortSignal): Promise<void>;
  /** `off` is gentle: the agent gets its grace. Returns once written, not once reached. */
  power(ref: InstanceRef, power: Power, fence: Fence, signal: AbortSignal): Promise<void>;
  /** A new process under the same specification: a change of the pod template, never a bare deletion. `token` makes a repeat harmless. */
  restart(ref: InstanceRef, token: string, fence: Fence, signal: AbortSignal): Promise<void>;
  /** Power off now: scale to 0 and end the process with a grace of one second, never forced. */
  kill(ref: InstanceRef, fence: Fence, signal: AbortSignal): Promise<void>;
  /** Removes all objects but the claim. Returns once asked for; `observe` tells when nothing is left. */
  removeInstance(ref: InstanceRef, fence: Fence, signal: AbortSignal): Promise<void>;
  /** Removes the claim, and with it the agent's state. */
  removeVolume(ref: InstanceRef, fence: Fence, signal: AbortSignal): Promise<void>;

  /** What is there now, read from the cluster itself. */
  observe(ref: InstanceRef, signal: AbortSignal): Promise<ObservedInstance>;
  /** What a sync would change: objects, files, image, resources, power; and which image really runs. Reads only. */
  compare(
    ref: InstanceRef,
    wanted: { spec: Omit<WorkloadSpec, 'secretEnvironment'>; power: Power },
    signal: AbortSignal,
  ): Promise<Compared>;
  /** The newest lines of the agent's output, of the process before where this one has just begun. */
  tailLogs(ref: InstanceRef, lines: number, signal: AbortSignal): Promise<string[]>;
  /** Calls the agent's own HTTP port. Directly inside the cluster, through a tunnel from outside. */
  reach(ref: InstanceRef, port: number, request: AgentRequest, signal: AbortSignal): Promise<AgentResponse>;
  /** One short process of the agent's image in the tenant's space, without state and without network needs. */
  runOnce(job: OneShot, errand: Errand, signal: AbortSignal): Promise<OneShotResult>;
  /** The short processes that are there, whether anybody still waits for them or not. */
  listOneShots(signal: AbortSignal): Promise<OneShotTrace[]>;
  /** Removes exactly that one, and nothing where it is gone. */
  removeOneShot(trace: OneShotTrace, fence: Fence, signal: AbortSignal): Promise<void>;

  /**
   * The whole of an instance's state as a compressed archive, read by a short process beside the volume while no agent
   * runs on it. The stream fails where the archive is not complete; its errors are those above.
   * @throws Problem 'instance.state-conflict' while a process is there, also one that is ending
   */
  readState(ref: InstanceRef, tool: StateTool, signal: AbortSignal): Promise<Readable>;
  /**
   * Puts the state back: the archive is unpacked beside the present state and takes its place in one step once all of it
   * has come and has this SHA-256 (hexadecimal); until then the present state is untouched. No agent may run.
   * @throws Problem 'backup.failed' when it is another archive, or does not fit; as `readState`
   */
  writeState(
    ref: InstanceRef,
    tool: StateTool,
    archive: { content: Readable; sha256: string },
    fence: Fence,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * Follows every instance of the platform on this cluster until `signal` ends it: first `onSnapshot` with all of
   * them (again after each lost connection), then `onChange` for each. Never throws; losses go to `onLost`.
   */
  watch(handlers: WatchHandlers, signal: AbortSignal): Promise<void>;
}

/** What a driver can do and how far it isolates, as data; callers answer `runtime.unsupported`. */
export interface RuntimeCapabilities {
  runtime: string;
  /** False: agents of one tenant could reach those of another, so that a cluster belongs to one. */
  isolatesTenants: boolean;
  networkPolicy: 'written' | 'none';
  volumes: boolean;
  hotConfiguration: boolean;
  /** What an agent version is run from. */
  runsFrom: 'image' | 'package';
  /** `advisory`: the process is told, and watched; nothing stops it. */
  limits: { cpu: Limit; memory: Limit; storage: Limit; processes: Limit };
}

export type Limit = 'enforced' | 'advisory' | 'none';

export interface InstanceRef {
  tenantId: string;
  projectId: string;
  instanceId: string;
  /** For labels only; objects are named by id. */
  name: string;
}

/**
 * The right to write for one attempt of one operation. `generation` is annotated on everything written; an object
 * that carries a higher one refuses us. `assertValid` is called directly before each write.
 * @throws Problem 'operation.superseded'
 */
export interface Fence {
  readonly operationId: string;
  readonly generation: number;
  assertValid(): void;
}

/** On whose behalf a short process runs, and how patiently; who has lost the right to write leaves it to the observer. */
export interface Errand {
  /** Null: of no operation, so that nothing takes over from it. */
  operationId: string | null;
  /** As of `Fence`. */
  assertValid(): void;
  /** How long its image may take to come, or fail to; the time of the job itself begins with its program. */
  imagePatienceMs: number;
}

/** Bounds of a tenant on one cluster. */
export interface TenantSpace {
  tenantId: string;
  name: string;
  /** Of the quota: a cluster that holds bounds of a newer one keeps them. */
  generation: number;
  /** Sums over all instances: CPU requests, memory limits, storage requests. */
  quota: { cpuMillis: number; memoryBytes: number; storageBytes: number; instances: number };
}

export interface Resources {
  /** Guaranteed share of CPU in thousandths of a core; an agent may use more while nobody else needs it. */
  cpuMillis: number;
  /** Upper limit. */
  memoryBytes: number;
  /** Size of the state volume. */
  storageBytes: number;
}

export interface HttpProbe {
  path: string;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

/** A network destination that the agent needs besides public HTTPS, such as a model server inside the house. */
export interface Egress {
  host: string;
  port: number;
}

/** How to run one revision of one agent, free of any runtime's words. Made by an adapter. */
export interface WorkloadSpec {
  agentKind: string;
  agentVersion: string;
  revision: number;
  /** Null: the version has none, and cannot run where images are needed. */
  image: string | null;
  /** Left out: the image's own. */
  command?: string[];
  /** Null: the version has none, and cannot run where there are no images. */
  package: PackagedProgram | null;
  port: number;
  user: { uid: number; gid: number };
  /**
   * A value that begins with one of the mount paths below is a path as the process sees it. A runtime that gives it no
   * file system of its own puts its folder in the place of that beginning, here and in commands.
   */
  environment: Record<string, string>;
  /** Clear values, in memory only; they reach the cluster as a Secret. */
  secretEnvironment: Record<string, string>;
  configuration: { mountPath: string; files: Record<string, string>; hash: string };
  /** Other files that the process reads at its start; a change of them is a change of the process. */
  assets: Assets[];
  state: { mountPath: string };
  scratch: { mountPath: string; sizeBytes: number }[];
  resources: Resources;
  probes: { startup: HttpProbe; readiness: HttpProbe; liveness: HttpProbe };
  terminationGraceSeconds: number;
  egress: Egress[];
}

/** How a runtime without images runs an agent: from an npm package, as one process beside others on a machine. */
export interface PackagedProgram {
  /** Name and exact version, such as `openclaw@2026.9.6`. */
  package: string;
  /** A program of the package and its arguments; `{port}` is where it shall listen, on loopback only. */
  command: string[];
  /** Over `environment`; `{port}` as in the command. */
  environment: Record<string, string>;
}

/** Files that an adapter brings along, read-only: relative path -> content. */
export interface Assets {
  mountPath: string;
  files: Record<string, string>;
}

/** What reads and writes a volume: an image with Node and tar, such as the agent's own; not needed without images. */
export interface StateTool {
  image: string | null;
  user: { uid: number; gid: number };
  /** Names at the top of the state that are no part of a copy, such as caches. */
  leftOut: readonly string[];
}

/** One instance as its cluster shows it. */
export interface ObservedInstance {
  instanceId: string;
  tenantId: string;
  /** The workload object exists (also with power off). */
  exists: boolean;
  /** Highest generation found on its objects, 0 where there is none. */
  generation: number;
  /** Revision and configuration hash that the objects (not yet the process) carry. */
  revision: number | null;
  configurationHash: string | null;
  power: Power | null;
  /** A pod object of any state exists. Stopped means: power off and none left. */
  processPresent: boolean;
  processId: string | null;
  /** Running under the template that is wanted now, and not being ended. */
  current: boolean;
  ready: boolean;
  terminating: boolean;
  restarts: number;
  /** Why it is not ready, in the cluster's word: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, `NodeLost` … */
  reason: string | null;
  message: string | null;
  /** Of the process that ended last. */
  exitCode: number | null;
  startedAt: string | null;
  volumePresent: boolean;
}

export interface Compared {
  differences: Difference[];
  /**
   * The image that the process of the wanted image runs: `repository@sha256:…` where the cluster knows it, else a hash
   * that is the same wherever the same image is. Null where no such process runs, and where there are no images.
   */
  imageId: string | null;
}

/** One thing of an instance that is not as it should be. */
export interface Difference {
  what: 'configuration' | 'image' | 'resources' | 'power' | 'objects';
  wanted: string;
  found: string;
}

export interface AgentRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

export interface AgentResponse {
  status: number;
  body: string;
}

export interface OneShot {
  tenantId: string;
  /** Part of the object's name; the same name twice is the same job. */
  name: string;
  /** As of `WorkloadSpec`. */
  image: string | null;
  /** Whose programs are on its path, where there are no images: name and exact version. */
  package: string | null;
  command: string[];
  /** As of `WorkloadSpec`. */
  environment: Record<string, string>;
  files: { mountPath: string; files: Record<string, string> };
  assets?: Assets[];
  user: { uid: number; gid: number };
  scratch: { mountPath: string; sizeBytes: number }[];
  resources: { cpuMillis: number; memoryBytes: number };
  /** From the start of its program. */
  timeoutMs: number;
  /** Id of an instance on whose node it runs, where that has one. */
  beside?: string;
}

/** @throws from runOnce: Problem 'agent.image-unavailable' when the image cannot be had in the errand's patience */
export interface OneShotResult {
  exitCode: number;
  output: string;
}

/** What shows of a short process on its cluster. */
export interface OneShotTrace {
  tenantId: string;
  /** As the cluster calls it. */
  name: string;
  /** Tells it from a later one of the same name. */
  uid: string;
  /** See `Errand`. */
  operationId: string | null;
  createdAt: string;
}

export interface WatchHandlers {
  onSnapshot(instances: ObservedInstance[]): void;
  onChange(instance: ObservedInstance): void;
  onLost(error: unknown): void;
}
