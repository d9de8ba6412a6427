import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { searchAttributes, taskQueues } from '../../workflows/contracts/operations.ts';
import {
  rolloutWorkflowIdOf,
  rolloutWorkflowType,
  wakeSignal,
  type RolloutInput,
} from '../../workflows/contracts/rollouts.ts';
import type { BookedRollout } from '../persistence/transaction.ts';
import type { RunState } from './operation-runs.ts';

/** A request never waits longer for Temporal than this; the observer starts what was not started. */
const deadlineMs = 1_000;

/** The workflow runs of rollouts, by rollout id. Each throws when Temporal does not answer in time. */
export interface RolloutRuns {
  /** Safe to repeat: the second start of the same rollout is the first one's, also when that has ended. */
  start(rollout: BookedRollout): Promise<void>;
  /** A new run where the last one was ended from outside: the rows say where to go on. */
  startAgain(rollout: BookedRollout): Promise<void>;
  /** Tells the run to look at its rows now; nothing happens where none runs. */
  wake(rolloutId: string): Promise<void>;
  state(rolloutId: string): Promise<RunState>;
}

export function rolloutRuns(client: Client): RolloutRuns {
  const inTime = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + deadlineMs, call);
  const startWith = async (rollout: BookedRollout, workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE') => {
    try {
      const options = { ...startOptionsOf(rollout), workflowIdReusePolicy };
      await inTime(() => client.workflow.start(rolloutWorkflowType, options));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
  return {
    start: (rollout) => startWith(rollout, 'REJECT_DUPLICATE'),
    startAgain: (rollout) => startWith(rollout, 'ALLOW_DUPLICATE'),
    async wake(rolloutId) {
      try {
        await inTime(() => client.workflow.getHandle(rolloutWorkflowIdOf(rolloutId)).signal(wakeSignal));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    async state(rolloutId) {
      try {
        const { status } = await inTime(() => client.workflow.getHandle(rolloutWorkflowIdOf(rolloutId)).describe());
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

function startOptionsOf({ id, tenantId, projectId, kind }: BookedRollout) {
  const input: RolloutInput = { rolloutId: id, tenantId };
  return {
    workflowId: rolloutWorkflowIdOf(id),
    taskQueue: taskQueues.platform,
    args: [input],
    // Below what a person waits for at his screen.
    priority: { priorityKey: 3, fairnessKey: tenantId },
    typedSearchAttributes: [
      ...keyword(searchAttributes.tenant, tenantId),
      ...keyword(searchAttributes.project, projectId ?? null),
      ...keyword(searchAttributes.rollout, id),
      ...keyword(searchAttributes.operation, `rollout.${kind}`),
      ...keyword(searchAttributes.phase, 'Running'),
    ],
    // No names, as with operations.
    staticSummary: `rollout.${kind}`,
  };
}
