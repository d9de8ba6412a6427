// The worker as it is, on scripted clusters; where the environment says so, as if built from other sources.
import { runWorkerProcess } from '../../../activities/worker-process.ts';
import { workerConfig } from '../../../server/config.ts';
import { scriptedDriver } from '../../fakes/scripted-runtime.ts';

const { SCRIPTED_BUILD_ID: buildId, SCRIPTED_LOST_AFTER_MS: lostAfterMs } = process.env;
await runWorkerProcess(workerConfig(process.env), {
  driverOf: scriptedDriver,
  buildId,
  lostAfterMs: lostAfterMs ? Number(lostAfterMs) : undefined,
});
