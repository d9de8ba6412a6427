import type { StateTool } from '../../runtimes/runtime.ts';
import { user } from './process.ts';

/** Its image has Node and tar. The cache is made anew by every process; the agent's own backups leave it out too. */
export const stateTool = (image: string | null): StateTool => ({ image, user, leftOut: ['cache'] });
