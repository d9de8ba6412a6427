import type { RolloutKind } from '../../workflows/contracts/rollouts.ts';

/** What is to be done to each target, by kind. */
export type RolloutChange =
  /** Variables are set on every target, over those it has. */
  | { kind: 'configuration'; templateId: string; version: number; variables?: Record<string, unknown> }
  | { kind: 'image'; agentVersionId: string }
  /** Left out: the revision before the present one. `discardNewState`: go back though work was done since. */
  | { kind: 'rollback'; revision?: number; discardNewState?: boolean }
  | { kind: Extract<RolloutKind, 'start' | 'stop' | 'restart'> };

/** Which instances; all named conditions hold together. Frozen into `rollout_targets` at creation. */
export interface RolloutSelection {
  instanceIds?: string[];
  projectId?: string;
  labels?: Record<string, string>;
  templateId?: string;
  templateVersion?: number;
  agentVersionId?: string;
  clusterId?: string;
}

export type WaveSize =
  | { count: number }
  /** Of all targets, rounded up; a wave takes what earlier ones left. */
  | { percent: number }
  | { labels: Record<string, string> }
  | { rest: true };

export interface WavePlan {
  size: WaveSize;
  /** Operations at once, 1 to 100. */
  concurrency: number;
  /** Waited after the last target of the wave is up, before it is judged. */
  bakeSeconds: number;
  analysis: AnalysisPlan | null;
  /** What follows a passed wave. */
  then: 'continue' | 'pause';
}

export const analysisMetrics = [
  'ready-seconds',
  'restarts',
  'not-ready',
  'refused',
  'failed',
  'error-rate',
  'cost-per-call',
  'tokens-per-call',
] as const;
export type AnalysisMetric = (typeof analysisMetrics)[number];

/** One measure of the updated targets, alone or against those not yet updated in the same time. */
export interface AnalysisRule {
  metric: AnalysisMetric | 'prometheus';
  /** PromQL that gives one number; only with `prometheus`. */
  query?: string;
  /** Fails above it. */
  max?: number;
  /** Fails above it times the value of the not yet updated; of `ready-seconds`, of the waves before. */
  maxRatio?: number;
  /** Calls (error rate, cost, tokens) or targets (the others) below which it is inconclusive. */
  minimumSample: number;
}

export interface AnalysisPlan {
  rules: AnalysisRule[];
  onFailure: 'pause' | 'rollback';
  /** An inconclusive analysis pauses unless it is told to go on. */
  onInconclusive: 'pause' | 'continue';
}

export type Verdict = 'passed' | 'failed' | 'inconclusive';

export interface AnalysisResult {
  verdict: Verdict;
  at: string;
  rules: {
    metric: string;
    verdict: Verdict;
    /** Of the updated targets; null where there is nothing to measure. */
    value: number | null;
    /** Of the not yet updated targets. */
    baseline: number | null;
    sample: number;
    limit: number | null;
    detail: string;
  }[];
}

/** A time of the week in which a rollout may start targets. */
export interface MaintenanceWindow {
  /** 0 = Sunday. */
  days: number[];
  /** `HH:MM` in `timeZone`. */
  start: string;
  durationMinutes: number;
  timeZone: string;
}

export interface RolloutStrategy {
  waves: WavePlan[];
  /** Failed targets over the whole rollout that are tolerated; one more ends or pauses it. */
  failureBudget: number;
  onBudgetExceeded: 'pause' | 'rollback';
  deadlineSeconds: number | null;
  windows: MaintenanceWindow[];
  /** What happens where another rollout has one of the instances. */
  onConflict: 'wait' | 'refuse';
}
