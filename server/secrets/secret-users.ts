import type { Transaction } from '../persistence/transaction.ts';

export interface SecretUsers {
  instances: { id: string; name: string }[];
  total: number;
}

const shown = 20;

/**
 * Instances whose wanted or live revision names the secret: a running update may still go back to the live one.
 * A secret of the tenant is not used where the project has one of the same name.
 */
export async function secretUsers(tx: Transaction, secretIds: readonly string[]): Promise<Map<string, SecretUsers>> {
  const rows = await tx.query<{ secretId: string; id: string; name: string; total: number }>(
    `select "secretId", id, name, total from (
       select s.id as "secretId", i.id, i.name, (count(*) over (partition by s.id))::int as total,
         row_number() over (partition by s.id order by i.name, i.id) as place
       from secrets s
       join instances i on i.tenant_id = s.tenant_id and i.phase <> 'Deleted'
         and (i.project_id = s.project_id or (s.project_id is null and not exists (
           select from secrets own
           where own.tenant_id = s.tenant_id and own.project_id = i.project_id and own.name = s.name)))
       where s.id = any (array[?]::uuid[]) and exists (
         select from revisions r
         where r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number in (i.revision, i.live_revision)
           and s.name = any (r.secret_names))
     ) used where place <= ? order by place`,
    [[...secretIds], shown],
  );
  const users = new Map<string, SecretUsers>(secretIds.map((id) => [id, { instances: [], total: 0 }]));
  for (const { secretId, id, name, total } of rows) {
    const entry = users.get(secretId);
    entry?.instances.push({ id, name });
    if (entry) entry.total = total;
  }
  return users;
}
