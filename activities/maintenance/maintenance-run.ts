import type { MaintenanceInput } from '../../workflows/contracts/maintenance.ts';

/** One attempt of one run, as what carries it out sees it. */
export interface MaintenanceRun {
  input: MaintenanceInput;
  signal: AbortSignal;
  /** What `reached` was last told by an attempt before this one. */
  resumedFrom: unknown;
  /** How far it has got; a later attempt goes on from there. */
  reached(position: unknown): void;
}
