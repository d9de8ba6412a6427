import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { sharedTemporalAddress } from '../platform/temporal.ts';

export interface TemporalPlace {
  address: string;
  namespace: string;
}

/** A namespace of one's own on the server that all suites share: nobody else's workers take its tasks. */
export async function ownNamespace(address = sharedTemporalAddress()): Promise<TemporalPlace> {
  const namespace = `test-${randomBytes(5).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    const retention = { seconds: 86_400 as never };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
    // It is known to all parts of the server a moment later.
    await waitUntil(() => connection.workflowService.describeNamespace({ namespace }), { timeoutMs: 30_000 });
    await waitUntil(() => connection.workflowService.listOpenWorkflowExecutions({ namespace }), { timeoutMs: 30_000 });
  } finally {
    await connection.close();
  }
  return { address, namespace };
}
