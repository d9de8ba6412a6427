/** Members of an event that say what it is about. */
export interface LiveEvent {
  /** `noun.verb` */
  type: string;
  tenantId: string | null;
  instanceId: string | null;
  operationId: string | null;
  data?: Record<string, unknown>;
}

/** Beginnings of the query keys that an event makes out of date: lists, and of the details only the one it names. */
export function outdatedQueries({ type, tenantId, instanceId, operationId, data }: LiveEvent): string[][] {
  const [noun = ''] = type.split('.');
  const ofInstance = instanceId
    ? [
        ['instances', instanceId],
        ['events', instanceId],
      ]
    : [];
  switch (noun) {
    case 'instance':
      return [['instances', 'list'], ...ofInstance, tenantId ? ['quotas', tenantId] : ['quotas']];
    case 'operation':
      return [['operations', 'list'], ...(operationId ? [['operations', operationId]] : []), ...ofInstance];
    case 'rollout':
      return [['rollouts', 'list'], ...(typeof data?.id === 'string' ? [['rollouts', data.id]] : [])];
    case 'member':
      return [['me'], ['tenants'], ['members'], ['explanations']];
    case 'maintenance':
      return [['maintenance']];
    case 'role':
      return [['roles'], ['members'], ['explanations']];
    case 'quota':
      return [['quotas']];
    default:
      return [[noun.endsWith('s') ? noun : `${noun}s`]];
  }
}
