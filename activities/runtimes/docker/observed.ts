import type Docker from 'dockerode';

import type { ObservedInstance } from '../runtime.ts';
import { labels } from './names.ts';
import { isEnding, isLive } from './ending.ts';
import { generationOf, type StoredRecord } from './record.ts';
import { templateHash } from './template.ts';

export interface Found {
  record: StoredRecord | undefined;
  process: Docker.ContainerInspectInfo | undefined;
  volumePresent: boolean;
  /** Null: ready. */
  notReady: string | null;
  /** How far the pull of its image is, where it is under way. */
  pulling: string | undefined;
  /** With what the process before this one ended. */
  lastExit: number | null;
}

/** What the engine shows of one instance, joined. Pure. */
export function joinObserved(ref: { instanceId: string; tenantId: string }, found: Found): ObservedInstance {
  const { record, process, volumePresent } = found;
  const wanted = record && !record.wanted.removed ? record.wanted : undefined;
  const isOn = wanted?.power === 'on';
  const live = process !== undefined && (isLive(process.State) || process.State.Status === 'removing');
  // What has ended and is not wanted any more is on its way out.
  const processPresent = process !== undefined && (live || isOn);
  const running = process?.State.Running === true && !process.State.Restarting;
  const isCurrent =
    wanted !== undefined &&
    isOn &&
    processPresent &&
    !isEnding(process) &&
    process.Config.Labels[labels.template] === templateHash(wanted.template, wanted.restart);
  const ready = running && isOn && !isEnding(process) && found.notReady === null;
  return {
    instanceId: ref.instanceId,
    tenantId: ref.tenantId,
    exists: wanted !== undefined,
    generation: Math.max(record?.generation ?? 0, process ? generationOf(process.Config.Labels) : 0),
    revision: wanted?.revision ?? null,
    configurationHash: wanted?.configurationHash ?? null,
    power: wanted?.power ?? null,
    processPresent,
    processId: processPresent ? process.Id : null,
    current: isCurrent,
    ready,
    terminating: processPresent && (!isOn || isEnding(process)),
    restarts: processPresent ? process.RestartCount : 0,
    ...(ready || !(processPresent || isOn) ? { reason: null, message: null } : whyNotReady(found)),
    exitCode: processPresent ? exitCodeOf(process, found.lastExit) : null,
    startedAt: processPresent && running ? process.State.StartedAt : null,
    volumePresent,
  };
}

/** Of the process that ended last. An engine forgets it with the next start, unless its events still tell. */
function exitCodeOf({ State }: Docker.ContainerInspectInfo, lastExit: number | null): number | null {
  if (State.Status === 'created') return null;
  return State.Running && !State.Restarting ? lastExit : State.ExitCode;
}

function whyNotReady({ process, pulling, notReady, lastExit }: Found): {
  reason: string;
  message: string | null;
} {
  if (!process) {
    if (pulling !== undefined) return { reason: 'Pulling', message: pulling };
    return { reason: 'ContainerCreating', message: null };
  }
  const { Status, ExitCode, Error: fault, OOMKilled, Running, Restarting } = process.State;
  if (Status === 'created') {
    return { reason: fault ? 'CreateContainerError' : 'ContainerCreating', message: fault.slice(0, 1000) || null };
  }
  const killed = OOMKilled ? 'Last end: OOMKilled. ' : '';
  if (Running && !Restarting) {
    const restarted = process.RestartCount > 0 && lastExit !== null;
    if (restarted) return { reason: 'CrashLoopBackOff', message: `${killed}Last end: exit code ${lastExit}.` };
    return { reason: 'ContainersNotReady', message: notReady };
  }
  if (Restarting) return { reason: 'CrashLoopBackOff', message: `${killed}Last end: exit code ${ExitCode}.` };
  if (Status === 'removing') return { reason: 'Terminating', message: null };
  return { reason: OOMKilled ? 'OOMKilled' : 'Terminated', message: fault.slice(0, 1000) || `exit code ${ExitCode}` };
}
