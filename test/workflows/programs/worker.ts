// The worker as it is, on scripted clusters.
import { runWorkerProcess } from '../../../activities/worker-process.ts';
import { workerConfig } from '../../../server/config.ts';
import { scriptedDriver } from '../../fakes/scripted-runtime.ts';

await runWorkerProcess(workerConfig(process.env), scriptedDriver);
