import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { deploymentName, taskQueues } from '../../workflows/contracts/operations.ts';

/** Of a task queue's poller list: workflow tasks. */
const workflowTasks = 1;
const searchedAttribute = 'TemporalWorkerDeploymentVersion';
const versionKey = defineSearchAttributeKey(searchedAttribute, SearchAttributeType.KEYWORD);

/** @returns the build ids on which runs are still open, whatever ids there have been */
export async function buildsWithOpenRuns(client: Client): Promise<string[]> {
  const builds = new Set<string>();
  // One question for each build found: the server groups by nothing but the status.
  for (;;) {
    const known = [...builds].map((buildId) => ` AND ${searchedAttribute} != "${deploymentName}:${buildId}"`);
    const query = `TemporalWorkerDeployment = "${deploymentName}" AND ExecutionStatus = "Running"${known.join('')}`;
    const buildId = await firstBuildOf(client, query);
    if (!buildId || builds.has(buildId)) return [...builds];
    builds.add(buildId);
  }
}

async function firstBuildOf(client: Client, query: string): Promise<string | undefined> {
  for await (const run of client.workflow.list({ query, pageSize: 1 })) {
    const version = run.typedSearchAttributes.get(versionKey);
    return version?.slice(deploymentName.length + 1);
  }
  return undefined;
}

/** @returns the build ids that some worker has asked for tasks of within `withinMs` */
export async function buildsPolled(client: Client, withinMs: number): Promise<Set<string>> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueues.platform },
    taskQueueType: workflowTasks,
  });
  const polled = new Set<string>();
  for (const { lastAccessTime, deploymentOptions } of pollers ?? []) {
    const ageMs = Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000;
    if (ageMs < withinMs && deploymentOptions?.buildId) polled.add(deploymentOptions.buildId);
  }
  return polled;
}

/**
 * Lets the open runs of a build that nobody can serve any more go on with the current one. Better a run that may find
 * its history does not fit, visibly, than one that waits for ever in silence.
 */
export async function abandonBuild(client: Client, buildId: string): Promise<number> {
  const query = `${searchedAttribute} = "${deploymentName}:${buildId}" AND ExecutionStatus = "Running"`;
  let moved = 0;
  for await (const { workflowId } of client.workflow.list({ query })) {
    await client.workflowService.updateWorkflowExecutionOptions({
      namespace: client.options.namespace,
      workflowExecution: { workflowId },
      workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
      updateMask: { paths: ['versioning_override'] },
    });
    moved += 1;
  }
  return moved;
}
