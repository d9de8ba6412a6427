import { v7 as uuidv7 } from 'uuid';
import { Backup } from '../../server/backups/backup.entity.ts';
import { bookRevision } from '../../server/instances/commands/book-revision.ts';
import { rollbackInstance } from '../../server/instances/commands/rollback-instance.ts';
import { lockInstance } from '../../server/instances/require-instance.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';

/** Another version of the same agent. @returns its id */
export async function enterVersion(db: Database, version: string): Promise<string> {
  const id = uuidv7();
  await db.transaction(platformScope(), (tx) =>
    tx.query(`insert into agent_versions (id, kind, version, image) values (?, 'openclaw', ?, ?)`, [
      id,
      version,
      `openclaw:${version}`,
    ]),
  );
  return id;
}

/** Books the way to another version with the configuration that is there. */
export const upgrade = (db: Database, instanceId: string, agentVersionId: string): Promise<Operation> =>
  db.transaction(platformScope(), async (tx) => {
    const instance = await lockInstance(tx, instanceId);
    const { tenantId } = instance;
    const revisions = await tx.em.find(Revision, { tenantId, instanceId }, { orderBy: { number: 'desc' } });
    const present = revisions.find(({ number }) => number === instance.revision);
    if (!present) throw new Error('it has no revision');
    const { configuration, configurationHash, resources, secretNames } = present;
    const number = (revisions[0]?.number ?? 0) + 1;
    tx.em.create(Revision, {
      tenantId,
      id: uuidv7(),
      instanceId,
      number,
      agentVersionId,
      configuration,
      configurationHash,
      resources,
      secretNames,
    });
    await tx.em.flush();
    return bookRevision(tx, { instance, number, kind: 'instance.upgrade', by });
  });

export const rollBack = (
  db: Database,
  id: string,
  { revision, discardNewState = false }: { revision?: number; discardNewState?: boolean } = {},
): Promise<Operation> =>
  db.transaction(platformScope(), (tx) => rollbackInstance(tx, { id, revision, discardNewState, by }));

export const backupsOf = (db: Database, instanceId: string): Promise<Backup[]> =>
  db.transaction(platformScope(), ({ em }) => em.find(Backup, { instanceId }, { orderBy: { createdAt: 'asc' } }));
