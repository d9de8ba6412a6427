import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { rolloutWorkflowIdOf } from '../../workflows/contracts/rollouts.ts';
import type { ScaleProduct } from '../platform/scale-product.ts';
import type { Template } from '../platform/scale-template.ts';

export interface RolledOut {
  rolloutId: string;
  /** From before the request until the rollout's row says that it has ended. */
  tookMs: number;
  /** The largest that the worker was meanwhile. */
  workerMiB: number;
}

const lookEveryMs = 200;

/** One wave over all instances of the project, or over those that are named. @throws Error unless all are updated */
export async function rollOutThroughProduct(
  place: ScaleProduct,
  template: Template,
  order: { note: string; window: number; instanceIds?: string[]; workerMiB: () => number },
): Promise<RolledOut> {
  const { administrator, must, projectId, sql } = place;
  const { note, window, instanceIds } = order;
  const beganMs = performance.now();
  const { id } = await must(
    administrator.post('/rollouts', {
      name: note,
      change: {
        kind: 'configuration',
        templateId: template.templateId,
        version: template.templateVersion,
        variables: { note },
      },
      selection: instanceIds ? { instanceIds } : { projectId },
      strategy: { waves: [{ size: { rest: true }, concurrency: window }] },
    }),
    201,
  );
  let workerMiB = 0;
  for (;;) {
    const [row] = await sql<{ phase: string; ended: boolean; reason: string | null }>(
      'select phase, ended_at is not null ended, pause_reason reason from rollouts where id = $1',
      id,
    );
    workerMiB = Math.max(workerMiB, order.workerMiB());
    if (row?.phase === 'Succeeded') return { rolloutId: id, tookMs: performance.now() - beganMs, workerMiB };
    if (!row || row.ended || row.reason) throw new Error(`the rollout ${note} is ${row?.phase} ${row?.reason ?? ''}`);
    await delay(lookEveryMs);
  }
}

/** Events of all runs of a rollout, for each minute that it took. */
export async function eventsPerMinute({ product }: ScaleProduct, { rolloutId, tookMs }: RolledOut): Promise<number> {
  const { address, namespace } = product.temporal;
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const workflowId = rolloutWorkflowIdOf(rolloutId);
    let events = 0;
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
      events += (await client.workflow.getHandle(workflowId, runId).fetchHistory()).events?.length ?? 0;
    }
    // One of less than a minute has the events of its beginning and end all the same.
    return events / Math.max(1, tookMs / 60_000);
  } finally {
    await connection.close();
  }
}
