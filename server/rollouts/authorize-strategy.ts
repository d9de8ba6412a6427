import type { RouteContext } from '../http/route.ts';
import { asksPrometheus } from './analysis/asks-prometheus.ts';
import type { RolloutStrategy } from './rollout.types.ts';

/**
 * The operator's Prometheus knows of all tenants, so that a query of one's own needs a right of the platform: of whoever
 * writes it, and of whoever has somebody else's asked in his own name.
 * @throws Problem 'access.denied'
 */
export function authorizeStrategy(
  { authorize }: Pick<RouteContext, 'authorize'>,
  strategy: Pick<RolloutStrategy, 'waves'>,
): void {
  if (asksPrometheus(strategy)) authorize('platform', 'prometheus:query');
}
