import { randomBytes, randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/** A tenant with a row in every tenant table, written past row-level security. */
export interface OwnedRows {
  tenantId: string;
  userId: string;
  /** One of every kind of object that a request can name. */
  ids: Record<
    | 'tenant'
    | 'project'
    | 'member'
    | 'role'
    | 'invitation'
    | 'secret'
    | 'secretName'
    | 'config'
    | 'instance'
    | 'operation'
    | 'rollout'
    | 'user'
    // A machine that is this tenant's alone.
    | 'ownCluster',
    string
  >;
}

/** What belongs to no tenant and is referred to by all of them. */
export interface Surroundings {
  clusterId: string;
  agentVersionId: string;
}

export async function buildSurroundings(owner: Client): Promise<Surroundings> {
  const [clusterId, agentVersionId] = [randomUUID(), randomUUID()];
  await owner.query(
    `insert into clusters (id, name, runtime, phase) values ($1, $1::uuid::text, 'kubernetes', 'Ready')`,
    [clusterId],
  );
  await owner.query(`insert into cluster_credentials (cluster_id, sealed) values ($1, 'sealed')`, [clusterId]);
  await owner.query(
    `insert into agent_versions (id, kind, version, image) values ($1, 'openclaw', $1::uuid::text, 'image')`,
    [agentVersionId],
  );
  return { clusterId, agentVersionId };
}

export async function buildOwnedRows(owner: Client, around: Surroundings): Promise<OwnedRows> {
  const [tenant, user, project, secret, template, instance, second, rollout] = newIds(8);
  const [own, member, role, invitation, revision, first, audit, event] = newIds(8);
  // Names are told like ids by those who may know them, so that nobody else's may be the same.
  const secretName = `secret-${secret}`;
  const { clusterId: cluster, agentVersionId: version } = around;
  const insert = (table: string, row: Record<string, unknown>) => {
    const columns = Object.keys(row);
    return owner.query(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
      Object.values(row),
    );
  };
  const ofTenant = { tenant_id: tenant };
  const ofInstance = { ...ofTenant, instance_id: instance };
  const amounts = { cpu_millis: 1, memory_bytes: 1, storage_bytes: 1, instances: 1 };
  const operation = {
    ...ofInstance,
    tenant_name: tenant,
    project_id: project,
    kind: 'provision',
    generation: 1,
    subject_name: 'agent',
  };

  await insert('users', { id: user, name: user, display_name: 'Somebody', password_hash: 'hash' });
  await insert('idempotency_keys', { user_id: user, key: 'key', request_hash: 'hash', expires_at: 'infinity' });
  await insert('tenants', { id: tenant, name: tenant, display_name: 'Tenant' });
  await insert('clusters', { id: own, name: own, runtime: 'machine', phase: 'Ready', ...ofTenant });
  await insert('tenant_spaces', { ...ofTenant, cluster_id: cluster });
  await insert('quotas', { ...ofTenant, ...amounts });
  await insert('projects', { ...ofTenant, id: project, name: 'project', display_name: 'Project' });
  await insert('roles', { ...ofTenant, id: role, name: 'role', permissions: ['instance:read'] });
  await insert('role_assignments', {
    ...ofTenant,
    id: member,
    user_id: user,
    role: 'viewer',
    project_id: project,
  });
  await insert('role_assignments', { ...ofTenant, id: randomUUID(), user_id: user, role });
  await insert('invitations', {
    ...ofTenant,
    id: invitation,
    project_id: project,
    role: 'viewer',
    token_hash: randomBytes(32),
    created_by: user,
    expires_at: 'infinity',
  });
  await insert('secrets', { ...ofTenant, id: secret, project_id: project, name: secretName });
  await insert('secret_versions', { ...ofTenant, secret_id: secret, version: 1, sealed: 'sealed' });
  await insert('config_templates', {
    ...ofTenant,
    id: template,
    project_id: project,
    name: 'template',
    agent_kind: 'openclaw',
  });
  await insert('config_versions', {
    ...ofTenant,
    template_id: template,
    version: 1,
    configuration: '{}',
    created_by_name: 'somebody',
  });
  await insert('instances', {
    ...ofTenant,
    id: instance,
    project_id: project,
    cluster_id: cluster,
    name: 'agent',
    agent_kind: 'openclaw',
    power: 'on',
    revision: 1,
    phase: 'Running',
    template_id: template,
    template_version: 1,
  });
  await insert('instance_credentials', { ...ofInstance, sealed: 'sealed' });
  await insert('revisions', {
    ...ofInstance,
    id: revision,
    number: 1,
    agent_version_id: version,
    template_id: template,
    template_version: 1,
    configuration: '{}',
    configuration_hash: 'hash',
    resources: JSON.stringify({ cpuMillis: 250, memoryBytes: 2 ** 31, storageBytes: 2 ** 30 }),
  });
  await insert('observed_states', {
    ...ofInstance,
    cluster_id: cluster,
    epoch: 1,
    exists: true,
    ready: true,
    current: true,
    terminating: false,
    process_present: true,
    last_seen_at: new Date(),
  });
  await insert('quota_reservations', { ...ofInstance, ...amounts });
  await insert('configuration_checks', {
    ...ofTenant,
    agent_version_id: version,
    configuration_hash: 'hash',
    faults: '[]',
  });
  await insert('operations', { ...operation, id: first, phase: 'Superseded', requested_by_name: 'somebody' });
  await insert('operations', {
    ...operation,
    id: second,
    phase: 'Running',
    requested_by_name: 'somebody',
    retry_of: first,
    superseded_by: first,
  });
  await insert('operation_steps', { ...ofTenant, operation_id: first, name: 'step', position: 1, state: 'done' });
  await insert('audit_entries', {
    ...ofTenant,
    id: audit,
    actor_id: user,
    actor_name: 'somebody',
    action: 'instance:create',
    object_type: 'instance',
    outcome: 'accepted',
  });
  const { rows: sealed } = await owner.query('select sequence from audit_entries where id = $1', [audit]);
  const place = { ...ofTenant, number: 1, sequence: sealed[0]?.sequence, hash: 'hash' };
  await insert('audit_seals', { ...place, entry_id: audit });
  await insert('audit_checkpoints', {
    ...place,
    id: randomUUID(),
    kind: 'head',
    signed_at: new Date(),
    key_id: 'key',
    signature: 'signature',
  });
  await insert('config_defaults', { ...ofTenant, id: randomUUID(), agent_kind: 'openclaw' });
  await insert('rollouts', {
    ...ofTenant,
    id: rollout,
    project_id: project,
    name: 'rollout',
    kind: 'configuration',
    phase: 'Progressing',
    change: JSON.stringify({ kind: 'configuration', templateId: template, version: 1 }),
    selection: JSON.stringify({ projectId: project }),
    strategy: JSON.stringify(strategy),
    total_targets: 1,
    tenant_name: tenant,
    requested_by_name: 'somebody',
  });
  const ofRollout = { ...ofTenant, rollout_id: rollout };
  await insert('rollout_waves', { ...ofRollout, number: 1, targets: 1, concurrency: 1, bake_seconds: 0 });
  await insert('rollout_targets', {
    ...ofRollout,
    instance_id: instance,
    wave: 1,
    position: 1,
    from_revision: 1,
    to_revision: 1,
  });
  await insert('rollout_decisions', { ...ofRollout, id: randomUUID(), kind: 'created', actor_name: 'somebody' });
  await insert('backups', {
    ...ofInstance,
    id: randomUUID(),
    reason: 'upgrade',
    phase: 'Verified',
    revision: 1,
    agent_version_id: version,
    bucket: 'bucket',
    object_key: 'key',
  });
  await insert('usage_samples', { ...ofInstance, at: new Date(), seconds: 60 });
  await insert('usage_counters', { ...ofInstance, process_id: 'process', since: new Date(), at: new Date() });
  await insert('usage_hours', { ...ofInstance, at: new Date() });
  await insert('drifts', { ...ofInstance, state: 'consistent', revision: 1 });
  await insert('events', { ...ofInstance, id: event, operation_id: second, type: 'instance.created' });
  return {
    tenantId: tenant as string,
    userId: user as string,
    ids: {
      tenant,
      project,
      member,
      role,
      invitation,
      secret,
      secretName,
      config: template,
      instance,
      operation: second,
      rollout,
      user,
      ownCluster: own,
    } as OwnedRows['ids'],
  };
}

/** The simplest one, as the api writes it. */
const strategy = {
  waves: [{ size: { rest: true }, concurrency: 25, bakeSeconds: 0, analysis: null, then: 'continue' }],
  failureBudget: 0,
  onBudgetExceeded: 'pause',
  deadlineSeconds: null,
  windows: [],
  onConflict: 'refuse',
};

const newIds = (count: number): string[] => Array.from({ length: count }, () => randomUUID());
