import type { RolloutStrategy } from '../rollout.types.ts';

/** Whether a wave is judged by a query of somebody's own. */
export const asksPrometheus = ({ waves }: Pick<RolloutStrategy, 'waves'>): boolean =>
  waves.some(({ analysis }) => analysis?.rules.some(({ metric }) => metric === 'prometheus'));
