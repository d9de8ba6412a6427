import type { RolloutSummary } from '../api/types.ts';

/** Phases of targets in the order in which they are counted and drawn: what is done first, what is left last. */
export const targetPhases = [
  'Updated',
  'Updating',
  'Waiting',
  'Failed',
  'RollbackFailed',
  'RollingBack',
  'RolledBack',
  'Skipped',
  'Pending',
] as const satisfies (keyof RolloutSummary['counts'])[];

export const rolloutPhases = [
  'Pending',
  'Progressing',
  'Paused',
  'RollingBack',
  'Succeeded',
  'PartiallyFailed',
  'RolledBack',
  'Aborted',
  'Failed',
] as const satisfies RolloutSummary['phase'][];

export const endedPhases: ReadonlySet<string> = new Set<RolloutSummary['phase']>([
  'Succeeded',
  'PartiallyFailed',
  'RolledBack',
  'Aborted',
  'Failed',
]);

export const rolloutKinds = [
  'configuration',
  'image',
  'rollback',
  'start',
  'stop',
  'restart',
] as const satisfies RolloutSummary['kind'][];
