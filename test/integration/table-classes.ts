/** How a role of the database stands to a table: its privileges, and single columns where it has them on no more. */
export interface Granted {
  table: string;
  /** As in `information_schema`, in lower case. */
  privileges: readonly string[];
  /** Privilege -> the only columns that it is for. */
  columns?: Readonly<Record<string, readonly string[]>>;
}

const all = ['delete', 'insert', 'select', 'update'] as const;
const append = ['insert', 'select'] as const;

/**
 * Every table of the schema, and exactly what `occ_app` may do with it. `tenant`: rows belong to a tenant and are
 * guarded by row-level security. `platform`: of no tenant, written as the platform role only. `auth`: who may sign in
 * and as whom; behind `occ_authenticate`.
 */
const tableClasses = {
  tenant: [
    { table: 'tenants', privileges: all },
    { table: 'tenant_spaces', privileges: all },
    { table: 'roles', privileges: all },
    { table: 'quotas', privileges: all },
    { table: 'projects', privileges: all },
    { table: 'secrets', privileges: all },
    {
      table: 'secret_versions',
      privileges: ['insert'],
      columns: { select: ['created_at', 'created_by', 'secret_id', 'tenant_id', 'version'] },
    },
    { table: 'instances', privileges: all },
    { table: 'instance_credentials', privileges: ['insert'] },
    { table: 'revisions', privileges: all },
    { table: 'observed_states', privileges: all },
    { table: 'quota_reservations', privileges: all },
    { table: 'configuration_checks', privileges: all },
    { table: 'operations', privileges: all },
    { table: 'operation_steps', privileges: all },
    { table: 'config_templates', privileges: all },
    { table: 'config_versions', privileges: all },
    { table: 'config_defaults', privileges: all },
    { table: 'rollouts', privileges: all },
    { table: 'rollout_waves', privileges: all },
    { table: 'rollout_targets', privileges: all },
    { table: 'rollout_decisions', privileges: all },
    { table: 'backups', privileges: all },
    { table: 'usage_samples', privileges: all },
    { table: 'usage_counters', privileges: all },
    { table: 'usage_hours', privileges: all },
    { table: 'drifts', privileges: all },
    { table: 'audit_entries', privileges: append },
    { table: 'audit_seals', privileges: ['select'] },
    { table: 'audit_checkpoints', privileges: ['select'] },
    { table: 'events', privileges: append },
  ],
  platform: [
    { table: 'agent_versions', privileges: ['select'] },
    // Those of one tenant alone are seen by no other: by a policy of its own.
    { table: 'clusters', privileges: ['select'] },
    { table: 'platform_defaults', privileges: ['select'] },
    { table: 'maintenance_schedules', privileges: ['select'] },
    { table: 'audit_repeats', privileges: [] },
    { table: 'cluster_credentials', privileges: [] },
    { table: 'leases', privileges: [] },
    { table: 'rate_limits', privileges: [] },
    { table: 'access_state', privileges: ['select', 'update'] },
    { table: 'mikro_orm_migrations', privileges: [] },
  ],
  auth: [
    { table: 'users', privileges: [] },
    { table: 'sessions', privileges: [] },
    { table: 'role_assignments', privileges: [] },
    { table: 'invitations', privileges: [] },
    { table: 'failed_attempts', privileges: [] },
    // Guarded by row-level security of its own: a person's keys are that person's.
    { table: 'idempotency_keys', privileges: all },
  ],
} as const satisfies Record<string, readonly Granted[]>;

export const tenantTables: readonly string[] = tableClasses.tenant.map(({ table }) => table);

export const everyTable: readonly Granted[] = Object.values(tableClasses).flat();
