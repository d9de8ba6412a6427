import { Client, Connection } from '@temporalio/client';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import type { Figure } from './figures.ts';
import type { Operation } from './real-product.ts';

/** Events that Temporal's pricing and rate limits call an action. */
const actions = [
  'workflowExecutionStartedEventAttributes',
  'activityTaskScheduledEventAttributes',
  'timerStartedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'workflowExecutionUpdateAcceptedEventAttributes',
  'startChildWorkflowExecutionInitiatedEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
  'markerRecordedEventAttributes',
] as const;

/** What each operation has left in Temporal: events of its history, and actions among them. */
export async function historyCosts(
  { address, namespace }: { address: string; namespace: string },
  operations: readonly Operation[],
): Promise<Figure[]> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  try {
    const figures: Figure[] = [];
    for (const { id, kind } of operations) {
      const { events } = await client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
      const counted = events ?? [];
      figures.push(
        {
          name: `events-${kind}`,
          value: counted.length,
          ...(kind === 'instance.provision' && { target: { atMost: 60 } }),
        },
        { name: `actions-${kind}`, value: counted.filter((event) => actions.some((action) => event[action])).length },
      );
    }
    return figures;
  } finally {
    await connection.close();
  }
}
