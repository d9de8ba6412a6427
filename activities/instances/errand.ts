import type { Errand } from '../runtimes/runtime.ts';
import type { InstanceStep } from './target.ts';

/** A short process on behalf of a step's operation. */
export const errandOf = ({ deps, fence }: InstanceStep): Errand => ({
  operationId: fence.operationId,
  assertValid: () => fence.assertValid(),
  imagePatienceMs: deps.imagePatienceMs,
});
