// `node activities/bundle.ts`: makes the workflow bundle of these sources, and prints its build id.
import { buildIdOf } from './versions/build-id.ts';
import { Bundles } from './versions/bundles.ts';

const buildId = buildIdOf();
await new Bundles(process.env.WORKFLOW_BUNDLES_DIR).make(buildId);
process.stdout.write(`${buildId}\n`);
