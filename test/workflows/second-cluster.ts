import { v7 as uuidv7 } from 'uuid';
import { keepCredential } from '../../server/clusters/commands/keep-credential.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { uniqueName } from '../factories/people.ts';
import { startScriptedCluster, type ScriptedServer } from '../fakes/scripted-server.ts';
import type { Rig } from './rig.ts';

export interface SecondCluster {
  id: string;
  name: string;
  scripted: ScriptedServer;
}

/** Another scripted cluster for a rig; whoever starts it stops it. */
export async function startSecondCluster({ db, key }: Rig): Promise<SecondCluster> {
  const scripted = await startScriptedCluster();
  const [id, name] = [uuidv7(), uniqueName('cluster')];
  await db.transaction(platformScope(), async (tx) => {
    await tx.query(`insert into clusters (id, name, runtime, phase) values (?, ?, 'kubernetes', 'Ready')`, [id, name]);
    await keepCredential(tx, key, id, scripted.url);
  });
  return { id, name, scripted };
}
