import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import {
  OperationKind,
  searchAttributes,
  taskQueues,
  workflowIdOf,
  workflowTypes,
} from '../../workflows/contracts/operations.ts';
import type { Operation } from '../operations/operation.entity.ts';
import type { BookedOperation } from '../persistence/transaction.ts';

/** A request never waits longer for Temporal than this; the observer starts what was not started. */
const deadlineMs = 1_000;

export type RunState = 'running' | 'closed' | 'unknown';

/** The workflow runs of operations, by operation id. Each throws when Temporal does not answer in time. */
export interface OperationRuns {
  /** Safe to repeat: the second start of the same operation is the first one's. */
  start(booked: BookedOperation): Promise<void>;
  /** Asks the run to take back what it did; nothing happens where it has ended. */
  cancel(operationId: string): Promise<void>;
  state(operationId: string): Promise<RunState>;
}

export function operationRuns(client: Client): OperationRuns {
  const inTime = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + deadlineMs, call);
  return {
    async start({ operation, clusterId }) {
      try {
        await inTime(() => client.workflow.start(workflowTypes[operation.kind], startOptionsOf(operation, clusterId)));
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async cancel(operationId) {
      try {
        await inTime(() => client.workflow.getHandle(workflowIdOf(operationId)).cancel());
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    async state(operationId) {
      try {
        const { status } = await inTime(() => client.workflow.getHandle(workflowIdOf(operationId)).describe());
        return status.name === 'RUNNING' ? 'running' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'unknown';
        throw error;
      }
    },
  };
}

const keyword = (name: string, value: string | null): SearchAttributePair[] =>
  value ? [{ key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value }] : [];

function startOptionsOf(operation: Operation, clusterId: string | null) {
  const { id, tenantId, projectId, instanceId, kind, rolloutId } = operation;
  const input = instanceId
    ? {
        operationId: id,
        tenantId,
        instanceId,
        clusterId,
        ...(kind === OperationKind.InstanceDelete && { purge: operation.input.purge ?? false }),
      }
    : { operationId: id, tenantId };
  return {
    workflowId: workflowIdOf(id),
    taskQueue: taskQueues.platform,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    // A person at his screen comes before the hundreds of a rollout.
    priority: { priorityKey: rolloutId ? 3 : 2, fairnessKey: tenantId },
    typedSearchAttributes: [
      ...keyword(searchAttributes.tenant, tenantId),
      ...keyword(searchAttributes.project, projectId ?? null),
      ...keyword(searchAttributes.instance, instanceId ?? null),
      ...keyword(searchAttributes.operation, kind),
      ...keyword(searchAttributes.rollout, rolloutId ?? null),
      ...keyword(searchAttributes.phase, 'Running'),
    ],
    // No names: who looks here sees the runs of all tenants. What the ids are called, the portal tells.
    staticSummary: kind,
  };
}
