import type { Operation } from './document.ts';

/** What a request can name: the objects of a tenant, and `platform` for what all tenants share. */
const kinds = [
  'tenant',
  'project',
  'member',
  'role',
  'invitation',
  'secret',
  'secretName',
  'config',
  'instance',
  'operation',
  'rollout',
  'user',
  'cluster',
  'agentVersion',
] as const;
export type Kind = (typeof kinds)[number];

/** They belong to no tenant, so that no tenant's can be foreign. */
export const isShared = (kind: Kind): boolean => kind === 'cluster' || kind === 'agentVersion';

const byProperty: Record<string, Kind> = {
  tenantId: 'tenant',
  projectId: 'project',
  instanceId: 'instance',
  instanceIds: 'instance',
  templateId: 'config',
  operationId: 'operation',
  userId: 'user',
  role: 'role',
  secret: 'secretName',
  clusterId: 'cluster',
  clusterIds: 'cluster',
  agentVersionId: 'agentVersion',
  // Of the audit: any object will do.
  objectId: 'instance',
};

const byNoun: Record<string, Kind> = {
  tenants: 'tenant',
  projects: 'project',
  members: 'member',
  roles: 'role',
  invitations: 'invitation',
  secrets: 'secret',
  configs: 'config',
  instances: 'instance',
  operations: 'operation',
  rollouts: 'rollout',
  clusters: 'cluster',
  'agent-versions': 'agentVersion',
};

/**
 * What a place of a request names.
 * @param steps into the body, or the one name of a parameter
 * @throws Error naming the route, where nobody has said it yet
 */
export function kindAt({ id, path }: Operation, steps: readonly string[]): Kind {
  const property = steps.findLast((step) => !/^\d+$/.test(step)) ?? '';
  const kind = property === 'id' ? byNoun[path.split('/')[1] ?? ''] : byProperty[property];
  if (!kind) throw new Error(`${id}: test/isolation/kinds.ts does not know what ${steps.join('/')} names`);
  return kind;
}

/** Texts that hold an id: how it is written there. By operation and parameter. */
const inText: Record<string, { kind: Kind; write: (id: string) => string }> = {
  'diffConfig from': { kind: 'instance', write: (id) => `instance:${id}:1` },
  'diffConfig to': { kind: 'instance', write: (id) => `instance:${id}:1` },
  'listMembers role': { kind: 'role', write: (id) => id },
  'listAudit actor': { kind: 'user', write: (id) => id },
  'exportAudit actor': { kind: 'user', write: (id) => id },
};

export const textWithId = ({ id }: Operation, name: string) => inText[`${id} ${name}`];
