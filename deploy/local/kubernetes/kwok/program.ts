import type { Report } from '../../report.ts';
import { buildPrograms, type ProgramSet } from '../go-build.ts';

const kwokSet = {
  name: 'KWOK',
  folder: 'kwok',
  module: 'sigs.k8s.io/kwok',
  packages: ['sigs.k8s.io/kwok/cmd/kwok'],
} satisfies ProgramSet;

/** KWOK plays the nodes of a real control plane; built once (three minutes on two cores), into the cache. @returns its path */
export async function provideKwok(options: {
  cacheDirectory: string;
  report: Report;
  signal?: AbortSignal;
}): Promise<string> {
  const { kwok } = await buildPrograms(kwokSet, options);
  if (!kwok) throw new Error('The build of KWOK left no program of that name.');
  return kwok;
}
