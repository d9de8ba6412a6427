import { Problem } from '../../workflows/contracts/problem.ts';
import type { Instance } from '../instances/instance.entity.ts';
import { requireInstance } from '../instances/require-instance.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Revision } from '../revisions/revision.entity.ts';
import type { ConfigTemplate } from './config-template.entity.ts';
import type { ConfigDiff } from './config.schema.ts';
import { diffDocuments } from './diff-documents.ts';
import { requireConfigVersion } from './require-config.ts';

/** One side of a comparison: a version of the template, or a revision of an instance. */
type Side = { version: number } | { instance: Instance; revision: number };

/**
 * Versions are compared as written, with their variables and locks; where a revision is one of the two, configurations
 * alone are, because a revision has nothing else.
 * @param authorize is asked for every instance that is named
 * @throws Problem 'config.version-unknown', 'instance.unknown'
 */
export async function diffConfig(
  tx: Transaction,
  template: ConfigTemplate,
  { from, to }: { from: string; to: string },
  authorize: (instance: Instance) => void,
): Promise<ConfigDiff> {
  const sides = [await sideOf(tx, from), await sideOf(tx, to)] as const;
  for (const side of sides) {
    if (!('instance' in side)) continue;
    authorize(side.instance);
    // Though he may read both: nothing of one tenant is put beside another's.
    if (side.instance.tenantId !== template.tenantId) throw new Problem('instance.unknown');
  }
  const whole = sides.every((side) => 'version' in side);
  const [before, after] = [
    await documentOf(tx, template, sides[0], whole),
    await documentOf(tx, template, sides[1], whole),
  ];
  return { from: before, to: after, changes: diffDocuments(before, after) };
}

async function sideOf(tx: Transaction, text: string): Promise<Side> {
  const [kind = '', id = '', revision] = text.split(':');
  if (kind !== 'instance') return { version: Number(kind) };
  return { instance: await requireInstance(tx, id), revision: Number(revision) };
}

async function documentOf(
  tx: Transaction,
  template: ConfigTemplate,
  side: Side,
  whole: boolean,
): Promise<Record<string, unknown>> {
  if ('version' in side) {
    const { configuration, variables, locks } = await requireConfigVersion(tx, template, side.version);
    return whole ? { configuration, variables, locks } : { configuration };
  }
  const { tenantId, id: instanceId } = side.instance;
  const revision = await tx.em.findOne(Revision, { tenantId, instanceId, number: side.revision });
  if (!revision) throw new Problem('config.version-unknown', `The instance has no revision ${side.revision}.`);
  return { configuration: revision.configuration };
}
