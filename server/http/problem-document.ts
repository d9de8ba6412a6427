import type { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';

/** RFC 9457, with the catalogue's code, JSON pointers, and what else the problem names (such as `operationId`). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  code: string;
  instance: string;
  detail?: string;
  errors?: Fault[];
  [extra: string]: unknown;
}

export const problemDocument = (problem: Problem, requestId: string): ProblemDocument => ({
  ...problem.extra,
  type: `urn:open-cluster-claw:problem:${problem.code}`,
  title: problem.title,
  status: problem.status,
  code: problem.code,
  instance: requestId,
  ...(problem.detail !== undefined && { detail: problem.detail }),
  ...(problem.faults.length > 0 && { errors: problem.faults }),
});
