/** Members of an event that say what it is about. */
export interface LiveEvent {
  tenantId: string | null;
  instanceId: string | null;
  operationId: string | null;
}

export const eventNouns = [
  'tenant',
  'quota',
  'project',
  'secret',
  'agent-version',
  'cluster',
  'member',
  'instance',
  'operation',
] as const;
export type EventNoun = (typeof eventNouns)[number];
export const eventVerbs = ['created', 'updated', 'changed', 'deleted'] as const;

/** Beginnings of the query keys that an event makes out of date: lists, and of the details only the one it names. */
export function outdatedQueries(noun: EventNoun, { tenantId, instanceId, operationId }: LiveEvent): string[][] {
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
    case 'member':
      return [['me'], ['tenants']];
    case 'quota':
      return [['quotas']];
    default:
      return [[`${noun}s`]];
  }
}
