// The observer as it is, on scripted clusters.
import '../../../server/observer/small-heap.ts';
import { observerConfig } from '../../../server/config.ts';
import { runObserverProcess } from '../../../server/observer/observer-process.ts';
import { scriptedDriver } from '../../fakes/scripted-runtime.ts';

await runObserverProcess(observerConfig(process.env), scriptedDriver);
