import { setTimeout as delay } from 'node:timers/promises';
import { platformScope } from '../../server/persistence/database.ts';
import { openStream } from '../factories/event-source.ts';
import { buildUser, signIn } from '../factories/people.ts';
import type { TestApi } from '../factories/start-api.ts';
import { startReplicas } from '../factories/start-replicas.ts';
import { buildTenant } from '../factories/tenants.ts';

/**
 * From before a membership is taken away until the streams that its holder has open at three replicas have ended, and
 * each of them has refused a request of his.
 */
export async function measureChanges({ db, database }: TestApi, times: number): Promise<number[]> {
  const replicas = await startReplicas(database, 3);
  const measured: number[] = [];
  try {
    const tenant = await buildTenant(db);
    for (let n = 0; n < times; n += 1) {
      const user = await buildUser(db, { role: 'viewer', tenantId: tenant.id });
      const [first] = replicas.anyone;
      if (!first) throw new Error('there is no replica');
      const { headers } = await signIn(first, user);
      const clients = replicas.anyone.map((anyone) => anyone.with(headers));
      const streams = await Promise.all(
        clients.map(({ baseUrl }) => openStream(`${baseUrl}/api/v1/events/stream`, { ...headers })),
      );
      await delay(200);
      const startedMs = performance.now();
      await db.transaction(platformScope(), (tx) =>
        tx.query('delete from role_assignments where user_id = ?', [user.id]),
      );
      await Promise.all([
        ...streams.map(({ ended }) => ended),
        ...clients.map(async (client) => {
          const { status } = await client.get(`/tenants/${tenant.id}`);
          if (status !== 404) throw new Error(`a replica answers ${status} to who has no part in the tenant any more`);
        }),
      ]);
      measured.push(performance.now() - startedMs);
    }
  } finally {
    await replicas.stop();
  }
  return measured;
}
