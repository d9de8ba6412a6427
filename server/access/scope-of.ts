import { platformScope, type Scope } from '../persistence/database.ts';
import type { Caller } from './caller.ts';

/**
 * Platform roles see every tenant, members theirs. A query that names a tenant narrows to it; one that is not the
 * member's leaves nothing to see.
 */
export function scopeOf(caller: Caller | null, query: unknown): Scope {
  if (caller?.isPlatform) return platformScope(caller.userId);
  const tenantIds = caller?.tenantIds ?? [];
  const named = tenantNamedIn(query);
  return {
    kind: 'tenants',
    tenantIds: named === null ? tenantIds : tenantIds.filter((id) => id === named),
    userId: caller?.userId,
  };
}

/**
 * Whose limits a request counts for: the tenant that its query names, else all in which the caller holds a role. The
 * platform's own people use up nobody's.
 */
export function tenantsMeantBy(caller: Caller, query: unknown): readonly string[] {
  const scope = scopeOf(caller, query);
  if (scope.kind === 'platform') return [];
  return scope.tenantIds.length > 0 ? scope.tenantIds : caller.tenantIds;
}

const tenantNamedIn = (query: unknown): string | null =>
  typeof query === 'object' && query !== null && 'tenantId' in query && typeof query.tenantId === 'string'
    ? query.tenantId.toLowerCase()
    : null;
