import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformScope } from '../../server/persistence/database.ts';
import { workflowIdOf, workflowTypes } from '../../workflows/contracts/operations.ts';
import * as workflows from '../../workflows/index.ts';
import { tooMuchIn } from '../replay/payload-shapes.ts';
import { carryOutAll } from '../replay/scenarios.ts';
import { startRig, type Rig } from './rig.ts';

/** Every byte that Temporal holds of a run, payloads read. */
function* textsOf(value: unknown, key = ''): Generator<string> {
  if (typeof value === 'string') yield key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value;
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) yield* textsOf(inner, name);
  }
}

describe('whoever looks into Temporal', { timeout: 600_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  /** What people have called things, and what they have written into them. */
  const wordsOfTenants = () =>
    rig.db.transaction(platformScope(), async (tx) => {
      const rows = await tx.query<{ word: string | null }>(
        `select name as word from tenants union select display_name from tenants union select name from projects
         union select display_name from projects union select name from instances union select name from users
         union select display_name from users union select name from rollouts union select name from clusters
         union select error ->> 'detail' from operation_steps where error is not null`,
      );
      // Shorter ones are part of other words by chance.
      return rows.flatMap(({ word }) => (word && word.length > 7 ? [word] : []));
    });

  it('learns of no run more than ids, codes and numbers, however it ends', async () => {
    const told: string[] = [];
    const types = new Set<string>();
    const texts: string[] = [];
    for await (const recorded of carryOutAll(rig)) {
      const { workflowType, workflowId } =
        'operation' in recorded
          ? { workflowType: workflowTypes[recorded.operation.kind], workflowId: workflowIdOf(recorded.operation.id) }
          : recorded;
      const handle = rig.temporal.client.workflow.getHandle(workflowId);
      await handle.result().catch(() => undefined); // a failed one ends with its error
      const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as unknown;
      types.add(workflowType);
      told.push(...tooMuchIn(history).map((what) => `${workflowType} ${recorded.ending ?? ''}: ${what}`));
      texts.push(...textsOf(history));
    }
    expect([...types].toSorted()).toEqual(Object.keys(workflows).toSorted());
    expect(told).toEqual([]);

    const all = texts.join('\n');
    const words = await wordsOfTenants();
    expect(words.length).toBeGreaterThan(10);
    expect(words.filter((word) => all.includes(word))).toEqual([]);
  });
});
