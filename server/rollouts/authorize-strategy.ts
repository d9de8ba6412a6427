import type { RouteContext } from '../http/route.ts';
import type { RolloutStrategy } from './rollout.types.ts';

/**
 * The operator's Prometheus knows of all tenants, so that a query of one's own needs a right of the platform.
 * @throws Problem 'access.denied'
 */
export function authorizeStrategy(
  { authorize }: Pick<RouteContext, 'authorize'>,
  strategy: Pick<RolloutStrategy, 'waves'>,
): void {
  const asks = strategy.waves.some(({ analysis }) => analysis?.rules.some(({ metric }) => metric === 'prometheus'));
  if (asks) authorize('platform', 'prometheus:query');
}
