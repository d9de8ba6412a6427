import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type {
  ObservedInstance,
  OneShot,
  OneShotResult,
  OneShotTrace,
  TenantSpace,
  WorkloadSpec,
} from '../../activities/runtimes/runtime.ts';
import { isClosed } from './scripted-suspension.ts';
import { isNewer, packState, unpackState, type AgentState } from './scripted-state.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { UsageCounters } from '../../activities/adapters/adapter.ts';
import { requireImage } from '../../activities/runtimes/run-from.ts';
import type { Power } from '../../workflows/contracts/phases.ts';

/** All objects of one instance. `version` moves with each write of a client, as a resource version does. */
export interface Stored {
  instanceId: string;
  tenantId: string;
  version: number;
  workload: { generation: number; power: Power; template: string; spec: WorkloadSpec } | null;
  claim: { generation: number } | null;
  process: AgentProcess | null;
  /** What is in the volume. */
  state: AgentState | null;
}

export interface AgentProcess {
  id: string;
  template: string;
  ready: boolean;
  terminating: boolean;
  restarts: number;
  reason: string | null;
  message: string | null;
  exitCode: number | null;
  startedAt: string;
  /** What it reads; a changed file reaches it a moment after the write. */
  files: Record<string, string>;
  lines: string[];
  suspendedBy: string | null;
  leaseEndsAtMs: number;
  imageId: string;
}

export type Change =
  | { kind: 'ensure' | 'configure'; spec: WorkloadSpec }
  | { kind: 'power'; power: Power }
  | { kind: 'restart'; token: string }
  | { kind: 'kill' | 'remove' | 'removeVolume' | 'stamp' };

/** One write that a client made, in order. */
export interface Write {
  kind: Change['kind'];
  instanceId: string;
  operationId: string;
  generation: number;
  atMs: number;
}

/** What a started agent does. */
export type Fate = { does: 'run' } | { does: 'exit'; code: number; lines: string[] } | { does: 'wait'; reason: string };

export class StaleVersion extends Error {}

const startMs = 40;
const stopMs = 40;
const swapMs = 60;

/**
 * A cluster in memory: it stores what clients write, starts and ends processes as a controller would, tells watchers,
 * and goes wrong on command. It trusts its clients with generations, exactly as a real one does.
 */
export class ScriptedCluster {
  readonly instances = new Map<string, Stored>();
  readonly spaces = new Map<string, TenantSpace>();
  readonly writes: Write[] = [];
  /** Who has written a tenant's space, in order. */
  readonly spaceWrites: { tenantId: string; operationId: string }[] = [];
  readonly jobs: OneShot[] = [];
  /** Short processes that nobody has cleared away, by name. */
  readonly oneShots = new Map<string, OneShotTrace>();
  /** All that were ever placed. */
  readonly placedOneShots: OneShotTrace[] = [];
  /** `changed`, with an instance's id. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  down = false;
  /** Instances whose agents are in the middle of a turn, and those that cannot read their own state. */
  readonly busy = new Set<string>();
  readonly broken = new Set<string>();
  /** Instances whose processes take their time to end, and answer meanwhile, until `letEnd`. */
  readonly lingering = new Set<string>();
  /** How long an agent stays closed when nobody prolongs it. */
  leaseMs = 120_000;
  fateOf: (spec: WorkloadSpec, instanceId: string) => Fate = () => ({ does: 'run' });
  /** Whether an agent, ready as it is, answers to nothing. */
  isSilent: (spec: WorkloadSpec, instanceId: string) => boolean = () => false;
  /** What a node finds behind the name of an image. */
  imageIdOf: (image: string) => string = (image) =>
    `${image}@sha256:${createHash('sha256').update(image).digest('hex')}`;
  /** What the agents have counted since they began; null where one cannot count. */
  usageOf: (instanceId: string) => Partial<UsageCounters> | null = () => ({});
  judge: (job: OneShot) => OneShotResult = () => ({ exitCode: 0, output: '{"valid":true,"issues":[]}' });

  ensureSpace(space: TenantSpace, operationId: string): void {
    this.spaceWrites.push({ tenantId: space.tenantId, operationId });
    this.spaces.set(space.tenantId, space);
  }

  placeOneShot({ tenantId, name }: OneShot, operationId: string | null): void {
    const trace = { tenantId, name, uid: randomUUID(), operationId, createdAt: new Date().toISOString() };
    this.oneShots.set(name, trace);
    this.placedOneShots.push(trace);
  }

  /** What the job's program says; of several files, of each behind a line that names it. */
  runOnce(job: OneShot): OneShotResult {
    this.jobs.push(job);
    const { mountPath, files } = job.files;
    if (Object.keys(files).length < 2) return this.judge(job);
    const outputs = Object.entries(files).map(
      ([name, text]) => `=== ${name}\n${this.judge({ ...job, files: { mountPath, files: { [name]: text } } }).output}`,
    );
    return { exitCode: 0, output: outputs.join('\n') };
  }

  /** Process ids in the order in which they began, by instance. */
  readonly begun = new Map<string, string[]>();

  read(instanceId: string): Stored | null {
    return structuredClone(this.instances.get(instanceId) ?? null);
  }

  /** @throws StaleVersion where somebody else wrote since `version` (0: nothing was there) */
  write(
    place: { tenantId: string; instanceId: string },
    version: number,
    stamp: Omit<Write, 'kind' | 'instanceId' | 'atMs'>,
    change: Change,
  ): void {
    const { instanceId } = place;
    const stored = this.instances.get(instanceId);
    if ((stored?.version ?? 0) !== version) throw new StaleVersion(`${instanceId} is at ${stored?.version ?? 0}`);
    const next = stored ?? { ...place, version, workload: null, claim: null, process: null, state: null };
    this.writes.push({ kind: change.kind, instanceId, atMs: Date.now(), ...stamp });
    next.version += 1;
    apply(next, stamp.generation, change);
    if (change.kind === 'kill' && next.process) this.#end(next, next.process);
    this.instances.set(instanceId, next);
    this.#settle(next);
  }

  observe(place: { tenantId: string; instanceId: string }): ObservedInstance {
    const stored = this.instances.get(place.instanceId);
    const { workload = null, process = null, claim = null } = stored ?? {};
    return {
      ...place,
      exists: workload !== null,
      generation: Math.max(workload?.generation ?? 0, claim?.generation ?? 0),
      revision: workload?.spec.revision ?? null,
      configurationHash: workload?.spec.configuration.hash ?? null,
      power: workload?.power ?? null,
      processPresent: process !== null,
      processId: process?.id ?? null,
      current: process !== null && !process.terminating && process.template === workload?.template,
      ready: process?.ready ?? false,
      terminating: process?.terminating ?? false,
      restarts: process?.restarts ?? 0,
      reason: process?.reason ?? null,
      message: process?.message ?? null,
      exitCode: process?.exitCode ?? null,
      startedAt: process?.startedAt ?? null,
      volumePresent: claim !== null,
    };
  }

  /** A running agent ends by itself, as it would over something that it found out late. */
  endByItself(instanceId: string, code: number, lines: string[]): void {
    const stored = this.instances.get(instanceId);
    if (!stored?.process) throw new Error(`${instanceId} has no process`);
    Object.assign(stored.process, { ready: false, exitCode: code, lines, restarts: 1, reason: 'CrashLoopBackOff' });
    this.changes.emit('changed', instanceId);
  }

  /** What had kept an agent from running has passed. */
  recover(instanceId: string): void {
    const stored = this.instances.get(instanceId);
    if (!stored?.process) throw new Error(`${instanceId} has no process`);
    Object.assign(stored.process, { ready: true, reason: null, message: null, exitCode: null });
    this.changes.emit('changed', instanceId);
  }

  /** Brings the process in line with the workload, now and whenever something ends. */
  #settle(stored: Stored): void {
    const { workload, process } = stored;
    if (process && !process.terminating && (workload?.power !== 'on' || workload.template !== process.template)) {
      this.#end(stored, process);
    }
    if (!process && workload?.power === 'on') this.#begin(stored, workload);
    if (process && workload) {
      const { files } = workload.spec.configuration;
      if (JSON.stringify(process.files) !== JSON.stringify(files)) {
        setTimeout(() => Object.assign(process, { files }), swapMs);
      }
    }
    if (!stored.workload && !stored.process && !stored.claim) this.instances.delete(stored.instanceId);
    this.changes.emit('changed', stored.instanceId);
  }

  #begin(stored: Stored, workload: NonNullable<Stored['workload']>): void {
    const { instanceId } = stored;
    const process: AgentProcess = {
      id: randomUUID(),
      template: workload.template,
      ready: false,
      terminating: false,
      restarts: 0,
      reason: 'ContainerCreating',
      message: null,
      exitCode: null,
      startedAt: new Date().toISOString(),
      files: workload.spec.configuration.files,
      lines: [],
      suspendedBy: null,
      leaseEndsAtMs: 0,
      imageId: this.imageIdOf(requireImage(workload.spec.image)),
    };
    stored.process = process;
    this.begun.set(instanceId, [...(this.begun.get(instanceId) ?? []), process.id]);
    setTimeout(() => {
      if (process.terminating) return;
      Object.assign(process, outcomeOf(this.#fate(stored, workload.spec)));
      this.changes.emit('changed', instanceId);
    }, startMs);
  }

  /** Who comes up works on the state, and leaves it to its own version. */
  #fate(stored: Stored, spec: WorkloadSpec): Fate {
    const version = spec.agentVersion;
    stored.state ??= { version, work: [] };
    if (isNewer(stored.state.version, version)) {
      const message = `state of ${stored.state.version} is newer than this build, ${version}`;
      return { does: 'exit', code: 78, lines: [JSON.stringify({ level: 'error', message })] };
    }
    stored.state.version = version;
    return this.fateOf(spec, stored.instanceId);
  }

  /** The agent does a turn of work, while it is open. */
  doWork(instanceId: string, what: string): void {
    const { process, state } = this.instances.get(instanceId) ?? {};
    if (!process || !this.answers(instanceId) || isClosed(process) || !state) {
      throw new Error(`${instanceId} takes no work`);
    }
    state.work.push(what);
  }

  answers(instanceId: string): boolean {
    const { process, workload } = this.instances.get(instanceId) ?? {};
    if (workload && this.isSilent(workload.spec, instanceId)) return false;
    return process?.ready === true || (process?.terminating === true && this.lingering.has(instanceId));
  }

  /** The agent's lease ends though somebody meant to prolong it. */
  loseLease(instanceId: string): void {
    const { process } = this.instances.get(instanceId) ?? {};
    if (!process || !isClosed(process)) throw new Error(`${instanceId} is not closed`);
    process.leaseEndsAtMs = 0;
  }

  letEnd(instanceId: string): void {
    const stored = this.instances.get(instanceId);
    this.lingering.delete(instanceId);
    if (stored?.process?.terminating) this.#leave(stored, stored.process);
  }

  /** @throws Problem 'instance.state-conflict' while a process is there */
  readState(instanceId: string): string {
    return packState(this.#restingState(instanceId)).toString('base64');
  }

  writeState(instanceId: string, archive: string, sha256: string): void {
    Object.assign(this.#restingState(instanceId), unpackState(Buffer.from(archive, 'base64'), sha256));
    this.changes.emit('changed', instanceId);
  }

  #restingState(instanceId: string): AgentState {
    const stored = this.instances.get(instanceId);
    if (!stored?.claim || stored.process) throw new Problem('instance.state-conflict', 'the volume is in use, or gone');
    return (stored.state ??= { version: stored.workload?.spec.agentVersion ?? '', work: [] });
  }

  #end(stored: Stored, process: AgentProcess): void {
    if (process.terminating) return;
    Object.assign(process, { terminating: true, ready: false });
    setTimeout(() => {
      if (!this.lingering.has(stored.instanceId)) this.#leave(stored, process);
    }, stopMs);
  }

  #leave(stored: Stored, process: AgentProcess): void {
    if (stored.process === process) stored.process = null;
    this.#settle(stored);
  }
}

function outcomeOf(fate: Fate): Partial<AgentProcess> {
  if (fate.does === 'run') return { ready: true, reason: null };
  if (fate.does === 'wait') return { reason: fate.reason, message: `the script says ${fate.reason}` };
  return { reason: 'CrashLoopBackOff', exitCode: fate.code, lines: fate.lines, restarts: 1 };
}

function apply(next: Stored, generation: number, change: Change): void {
  const { workload, claim } = next;
  if (change.kind === 'removeVolume') Object.assign(next, { claim: null, state: null });
  else if (claim) claim.generation = generation;
  if (change.kind === 'remove') next.workload = null;
  else if (change.kind === 'ensure') {
    next.claim ??= { generation };
    const restart = /#.*$/.exec(workload?.template ?? '')?.[0] ?? '';
    next.workload = {
      generation,
      power: workload?.power ?? 'off',
      template: templateOf(change.spec) + restart,
      spec: change.spec,
    };
  } else if (workload) {
    workload.generation = generation;
    if (change.kind === 'configure') workload.spec = { ...workload.spec, ...only(change.spec) };
    if (change.kind === 'power') workload.power = change.power;
    if (change.kind === 'kill') workload.power = 'off';
    if (change.kind === 'restart') workload.template = `${templateOf(workload.spec)}#${change.token}`;
  }
}

const only = ({ configuration, revision }: WorkloadSpec) => ({ configuration, revision });

/** What makes a new process when it changes; files do not. */
function templateOf({ configuration: _configuration, revision: _revision, ...rest }: WorkloadSpec): string {
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, 16);
}
