import { rulesOf } from '../../../activities/adapters/registry.ts';
import type { Candidate, Impact, RevisionContent } from './candidate.ts';

const sorted = (record: object): string =>
  JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** Whether an instance would run exactly what it is wanted to run already. */
export const isSame = (before: RevisionContent, after: RevisionContent): boolean =>
  before.agentVersionId === after.agentVersionId &&
  before.configurationHash === after.configurationHash &&
  sorted(before.resources) === sorted(after.resources);

/** What going from one revision to another means for the process that runs. A stopped one takes it when it starts. */
export function impactOf(
  { power, present, agentVersion }: Candidate,
  after: Pick<RevisionContent, 'agentVersionId' | 'configuration' | 'resources'>,
): Impact {
  if (power === 'off') return 'none';
  if (after.agentVersionId !== present.agentVersionId) return 'image';
  const of = ({ configuration, resources }: Pick<RevisionContent, 'configuration' | 'resources'>) => ({
    agentVersion,
    configuration,
    resources,
    revision: 0,
  });
  return rulesOf(agentVersion.kind).isHotChange(of(present), of(after)) ? 'hot' : 'restart';
}
