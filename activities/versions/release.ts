import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { Temporal } from '../../server/temporal/client.ts';
import { deploymentName, searchAttributes } from '../../workflows/contracts/operations.ts';

const waitAtMostMs = 60_000;
const retryEveryMs = 200;
const keyword = 2;
const notFound = 5;
const failedPrecondition = 9;

/** Makes that build the one to which new workflows go, as soon as a worker of it polls. Safe to repeat. */
export async function releaseBuild(temporal: Temporal, buildId: string): Promise<void> {
  await addSearchAttributes(temporal);
  await setCurrent(temporal, buildId);
}

async function addSearchAttributes({ client, namespace }: Temporal): Promise<void> {
  const wanted = Object.fromEntries(Object.values(searchAttributes).map((name) => [name, keyword]));
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
}

async function setCurrent({ client, namespace }: Temporal, buildId: string): Promise<void> {
  const deadlineMs = Date.now() + waitAtMostMs;
  for (;;) {
    try {
      const request = { namespace, deploymentName, buildId, identity: 'release' };
      await client.workflowService.setWorkerDeploymentCurrentVersion(request);
      return;
    } catch (error) {
      // Nobody has polled with this build id yet.
      const early = isGrpcServiceError(error) && (error.code === notFound || error.code === failedPrecondition);
      if (!early || Date.now() > deadlineMs) throw error;
      await sleep(retryEveryMs);
    }
  }
}
