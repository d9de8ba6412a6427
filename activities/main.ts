import { workerConfig } from '../server/config.ts';
import { runWorkerProcess } from './worker-process.ts';

await runWorkerProcess(workerConfig(process.env));
