import type { Client } from '@temporalio/client';
import { deploymentName } from '../../workflows/contracts/operations.ts';

const searchedAttribute = 'TemporalWorkerDeploymentVersion';

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
    const { versioningInfo } = run.raw;
    return versioningInfo?.deploymentVersion?.buildId ?? versioningInfo?.version?.split(/[:.]/).at(-1);
  }
  return undefined;
}
