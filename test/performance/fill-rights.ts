import { Client } from 'pg';

export interface FilledRights {
  tenants: number;
  assignments: number;
  /** Tenants with a role of their own, which somebody holds. */
  ownRoles: number;
}

const counts = { tenants: 10_000, users: 20_000, assignmentsEach: 5 };

/** People spread over tenants, five roles each; one tenant in twenty has a role of its own, which some of them hold. */
export async function fillRights(ownerUrl: string): Promise<FilledRights> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  const { tenants, users, assignmentsEach } = counts;
  const id = (kind: string, n: string): string => `md5('${kind} ' || (${n}))::uuid`;
  try {
    await owner.query(
      `insert into tenants (id, name, display_name) select ${id('tenant', 'n')}, 'tenant-' || n, 'Tenant ' || n
       from generate_series(0, $1::int - 1) n`,
      [tenants],
    );
    await owner.query(
      `insert into users (id, name, display_name) select ${id('user', 'n')}, 'user-' || n, 'User ' || n
       from generate_series(0, $1::int - 1) n`,
      [users],
    );
    await owner.query(
      `insert into roles (tenant_id, id, name, permissions) select ${id('tenant', 'n')}, ${id('role', 'n')}, 'Own',
         '{instance:read,instance:start,instance:stop,operation:read,event:read}'
       from generate_series(0, $1::int - 1, 20) n`,
      [tenants],
    );
    // The triggers would count each of these as a change of its own.
    await owner.query('alter table role_assignments disable trigger announce_access');
    await owner.query(
      `insert into role_assignments (id, user_id, tenant_id, role)
       select gen_random_uuid(), ${id('user', 'u')}, ${id('tenant', 't')},
         case when k = 0 and t % 20 = 0 then ${id('role', 't')}::text
              else (array['viewer', 'operator', 'member', 'tenant-administrator', 'auditor'])[k + 1] end
       from generate_series(0, $1::int - 1) u, generate_series(0, $2::int - 1) k, lateral (select (u + k * 2003) % $3::int as t) place`,
      [users, assignmentsEach, tenants],
    );
    await owner.query('alter table role_assignments enable trigger announce_access');
    await owner.query('analyze');
    const { rows } = await owner.query<FilledRights>(
      `select (select count(*) from tenants)::int as tenants, (select count(*) from role_assignments)::int as assignments,
         (select count(distinct custom_role_id) from role_assignments)::int as "ownRoles"`,
    );
    if (!rows[0]) throw new Error('nothing was filled');
    return rows[0];
  } finally {
    await owner.end();
  }
}
