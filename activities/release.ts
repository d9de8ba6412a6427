// `node activities/release.ts`: makes the workers of these sources the ones to which new workflows go. It waits until
// one of them polls, and may be repeated.
import { z } from 'zod';
import { openTemporal } from '../server/temporal/client.ts';
import { buildIdOf } from './versions/build-id.ts';
import { releaseBuild } from './versions/release.ts';

const environment = z
  .object({ TEMPORAL_ADDRESS: z.string().min(1), TEMPORAL_NAMESPACE: z.string().min(1).default('default') })
  .parse(process.env);
const temporal = openTemporal({ address: environment.TEMPORAL_ADDRESS, namespace: environment.TEMPORAL_NAMESPACE });
const buildId = buildIdOf();
try {
  await releaseBuild(temporal, buildId);
} finally {
  await temporal.close();
}
process.stdout.write(`${buildId}\n`);
