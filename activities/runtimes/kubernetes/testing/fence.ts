import type { Fence } from '../../runtime.ts';

export const buildFence = (generation: number, assertValid: () => void = () => undefined): Fence => ({
  operationId: `operation-${generation}`,
  generation,
  assertValid,
});
