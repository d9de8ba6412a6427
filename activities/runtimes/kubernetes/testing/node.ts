import type { WorkloadSpec } from '../../runtime.ts';
import { withoutCluster } from './cluster.ts';
import { buildWorkload } from './workload.ts';

const image = process.env['TEST_OPENCLAW_IMAGE'];

/** Why suites whose pods must run are skipped; said in their titles. */
export const withoutNode = withoutCluster || (image ? '' : ' (skipped: TEST_OPENCLAW_IMAGE names no image on a node)');

/** The same, of an image that the node has. */
export const buildRunnable = (change: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  buildWorkload({ image: image ?? '', ...change });
