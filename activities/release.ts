// `node activities/release.ts`: makes the workers of these sources the ones to which new workflows go. It waits until
// one of them polls, and may be repeated.
import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import { z } from 'zod';
import { openTemporal, type Temporal } from '../server/temporal/client.ts';
import { deploymentName, searchAttributes } from '../workflows/contracts/operations.ts';
import { buildIdOf } from './versions/build-id.ts';

const waitAtMostMs = 60_000;
const retryEveryMs = 200;
const keyword = 2;
const notFound = 5;
const failedPrecondition = 9;

const environment = z
  .object({ TEMPORAL_ADDRESS: z.string().min(1), TEMPORAL_NAMESPACE: z.string().min(1).default('default') })
  .parse(process.env);
const temporal = openTemporal({ address: environment.TEMPORAL_ADDRESS, namespace: environment.TEMPORAL_NAMESPACE });
const buildId = buildIdOf();
await addSearchAttributes(temporal);
await setCurrent(temporal);
await temporal.close();
process.stdout.write(`${buildId}\n`);

async function addSearchAttributes({ client, namespace }: Temporal): Promise<void> {
  const wanted = Object.fromEntries(Object.values(searchAttributes).map((name) => [name, keyword]));
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
}

async function setCurrent({ client, namespace }: Temporal): Promise<void> {
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
