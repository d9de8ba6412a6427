import {
  ScheduleNotFoundError,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  againSignal,
  maintenanceNames,
  maintenanceScheduleIdOf,
  maintenanceTitles,
  maintenanceWorkflowType,
  type MaintenanceInput,
  type MaintenanceName,
} from '../../workflows/contracts/maintenance.ts';
import { searchAttributes, taskQueues } from '../../workflows/contracts/operations.ts';

const deadlineMs = 1_000;

export interface WantedSchedule {
  name: MaintenanceName;
  everySeconds: number;
  paused: boolean;
}

/** The schedules of maintenance, and runs of it that somebody asks for. Each throws when Temporal does not answer in time. */
export interface MaintenanceRuns {
  /** Makes the schedules as they are wanted, and removes those that are not. Safe to repeat. */
  reconcile(wanted: readonly WantedSchedule[]): Promise<void>;
  /** Compares one instance; one that is being compared already is compared once more after that. */
  checkDrift(instanceId: string): Promise<void>;
  /** Signs the heads of the audit's chains, beside the schedule that does so. */
  checkpointAudit(): Promise<void>;
}

export function maintenanceRuns(client: Client): MaintenanceRuns {
  const inTime = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + deadlineMs, call);

  async function bring(wanted: WantedSchedule): Promise<void> {
    const options = optionsOf(wanted);
    try {
      await inTime(() => client.schedule.create(options));
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const handle = client.schedule.getHandle(options.scheduleId);
      const { spec, action, policies } = options;
      await inTime(() =>
        handle.update((known) => ({
          ...known,
          spec,
          action,
          policies,
          state: { ...known.state, paused: wanted.paused },
        })),
      );
    }
  }
  async function remove(name: MaintenanceName): Promise<void> {
    try {
      await inTime(() => client.schedule.getHandle(maintenanceScheduleIdOf(name)).delete());
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
  return {
    async reconcile(wanted) {
      for (const schedule of wanted) await bring(schedule);
      const names = wanted.map(({ name }) => name);
      for (const name of maintenanceNames) if (!names.includes(name)) await remove(name);
    },
    async checkDrift(instanceId) {
      const input: MaintenanceInput = { name: 'consistency', instanceId };
      await inTime(() =>
        client.workflow.signalWithStart(maintenanceWorkflowType, {
          workflowId: `drift/${instanceId}`,
          taskQueue: taskQueues.platform,
          args: [input],
          signal: againSignal,
          priority: { priorityKey: 2 },
          typedSearchAttributes: [attribute(searchAttributes.instance, instanceId)],
          staticSummary: 'compare one instance with what it should be',
        }),
      );
    },
    async checkpointAudit() {
      const name = 'audit-checkpoints';
      await inTime(() =>
        client.workflow.signalWithStart(maintenanceWorkflowType, {
          workflowId: `${maintenanceScheduleIdOf(name)}/asked-for`,
          taskQueue: taskQueues.platform,
          args: [{ name } satisfies MaintenanceInput],
          signal: againSignal,
          priority: { priorityKey: 2 },
          typedSearchAttributes: [attribute(searchAttributes.operation, `maintenance.${name}`)],
          staticSummary: maintenanceTitles[name],
        }),
      );
    },
  };
}

const attribute = (name: string, value: string) => ({
  key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
  value,
});

const optionsOf = ({ name, everySeconds, paused }: WantedSchedule) =>
  ({
    scheduleId: maintenanceScheduleIdOf(name),
    spec: { intervals: [{ every: everySeconds * 1_000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: maintenanceWorkflowType,
      workflowId: maintenanceScheduleIdOf(name),
      taskQueue: taskQueues.platform,
      args: [{ name } satisfies MaintenanceInput],
      typedSearchAttributes: [attribute(searchAttributes.operation, `maintenance.${name}`)],
      staticSummary: maintenanceTitles[name],
    },
    // After an outage the next run makes up for all that were missed.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    state: { paused },
  }) satisfies ScheduleOptions;
