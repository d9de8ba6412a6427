import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { AgentVersionPatch } from '../agent.schema.ts';
import { AgentVersion } from '../agent-version.entity.ts';

export interface ChangeAgentVersion {
  id: string;
  expectedGeneration: number;
  patch: AgentVersionPatch;
  by: Requester;
}

/** A new image without a digest drops the digest of the old one. @throws Problem 'agent.version-unknown', 'request.stale' */
export async function changeAgentVersion(
  tx: Transaction,
  { id, expectedGeneration, patch, by }: ChangeAgentVersion,
): Promise<AgentVersion> {
  const version = await lockRow(tx, AgentVersion, 'agent_versions', id);
  if (!version) throw new Problem('agent.version-unknown', id);
  requireGeneration(version, expectedGeneration);

  const isOtherImage = patch.image !== undefined && patch.image !== version.image;
  if (patch.status) version.status = patch.status;
  if (patch.image) version.image = patch.image;
  if (patch.imageDigest !== undefined) version.imageDigest = patch.imageDigest;
  else if (isOtherImage) version.imageDigest = null;
  version.generation += 1;
  recordChange(tx, {
    noun: 'agent-version',
    verb: 'update',
    object: { id, name: `${version.kind} ${version.version}`, tenantId: null },
    by,
    detail: { ...patch },
  });
  return version;
}
