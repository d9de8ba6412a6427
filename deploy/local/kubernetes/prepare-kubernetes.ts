import type { Report } from '../report.ts';
import { prepareNodeRequirements } from './node-requirements.ts';
import { providePrograms, type Programs } from './programs.ts';

export type PreparationOptions = {
  /** Where built programs are kept; outlives checkouts. */
  cacheDirectory: string;
  report: Report;
  /** Whether a node is wanted: its Debian packages are installed then, where that is possible. Default: yes. */
  node?: boolean;
  signal?: AbortSignal;
};

export type Preparation = {
  programs: Programs;
  /** Why this machine cannot be a node although one is wanted. */
  nodeSkipped?: string;
};

/**
 * Provides everything that startKubernetes needs: programs (found on PATH, in the cache, or built) and packages of the
 * operating system. Quick when all is there. May run in several processes at once.
 * @throws Error that says what is missing and how to get it
 */
export async function prepareKubernetes(options: PreparationOptions): Promise<Preparation> {
  const { cacheDirectory, report, signal, node = true } = options;
  const nodeSkipped = node ? await prepareNodeRequirements(report) : undefined;
  const programs = await providePrograms({ cacheDirectory, report, signal });
  return { programs, nodeSkipped };
}
