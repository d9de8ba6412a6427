import type { StateTool } from '../../runtimes/runtime.ts';
import { user } from './process.ts';

/**
 * Left out: its cache, and the folder of its own plugins (64 MB), which it fills from npm when it finds it empty. The
 * conversations are in `data`, and the counters of a process that is gone in `state`.
 */
export const stateTool = (image: string | null): StateTool => ({ image, user, leftOut: ['cache', 'config', '.npm'] });
