import './small-heap.ts';
import { observerConfig } from '../config.ts';
import { runObserverProcess } from './observer-process.ts';

await runObserverProcess(observerConfig(process.env));
