import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import type { AgentVersionPatch } from '../agent.schema.ts';
import { AgentVersion } from '../agent-version.entity.ts';

export interface ChangeAgentVersion {
  id: string;
  expectedGeneration: number;
  patch: AgentVersionPatch;
  by: Requester;
}

/**
 * A new image without a digest drops the digest of the old one. What a revision runs never changes under it, so that
 * neither does once there is one.
 * @throws Problem 'agent.version-unknown', 'agent.version-in-use', 'request.stale'
 */
export async function changeAgentVersion(
  tx: Transaction,
  { id, expectedGeneration, patch, by }: ChangeAgentVersion,
): Promise<AgentVersion> {
  const version = await lockRow(tx, AgentVersion, 'agent_versions', id);
  if (!version) throw new Problem('agent.version-unknown', id);
  requireGeneration(version, expectedGeneration);

  const before = told(version);
  const isOtherImage = patch.image !== undefined && patch.image !== version.image;
  if (patch.status) version.status = patch.status;
  const digest = patch.imageDigest === undefined && !isOtherImage ? version.imageDigest : (patch.imageDigest ?? null);
  if (isOtherImage || digest !== version.imageDigest) {
    if (await isUsed(tx, id)) throw new Problem('agent.version-in-use');
    Object.assign(version, { image: patch.image ?? version.image, imageDigest: digest });
  }
  // What ran from an image goes on doing so when a package comes to it.
  if (patch.package && patch.package !== version.package) {
    if (version.package && (await isUsed(tx, id))) throw new Problem('agent.version-in-use');
    version.package = patch.package;
  }
  version.generation += 1;
  recordChange(tx, {
    noun: 'agent-version',
    verb: 'update',
    object: { id, name: `${version.kind} ${version.version}`, tenantId: null },
    by,
    before,
    after: told(version),
  });
  return version;
}

const told = ({ status, image = null, imageDigest = null, package: fromPackage = null }: AgentVersion) => ({
  status,
  image,
  imageDigest,
  package: fromPackage,
});

/** A revision that is committed at the same time has run nothing yet, and begins with the new image. */
async function isUsed(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.em.findOne(Revision, { agentVersionId: id }, { fields: ['id'] })) !== null;
}
