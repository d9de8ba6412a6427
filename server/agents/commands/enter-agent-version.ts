import { v7 as uuidv7 } from 'uuid';
import { rulesOf } from '../../../activities/adapters/registry.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { AgentVersion } from '../agent-version.entity.ts';

export interface EnterAgentVersion extends Pick<AgentVersion, 'kind' | 'version' | 'status'> {
  image: string | null;
  imageDigest: string | null;
  package: string | null;
  by: Requester;
}

/** @throws Problem 'agent.kind-unknown', 'agent.version-exists' */
export async function enterAgentVersion(tx: Transaction, { by, ...wanted }: EnterAgentVersion): Promise<AgentVersion> {
  rulesOf(wanted.kind);
  const entered = tx.em.create(AgentVersion, {
    ...wanted,
    id: uuidv7(),
    generation: 1,
    createdAt: new Date(),
    createdBy: by.userId,
  });
  const name = `${wanted.kind} ${wanted.version}`;
  await flushUnique(tx, 'agent.version-exists', name);
  recordChange(tx, {
    noun: 'agent-version',
    verb: 'create',
    object: { id: entered.id, name, tenantId: null },
    by,
    detail: {
      image: wanted.image,
      imageDigest: wanted.imageDigest,
      package: wanted.package,
      status: wanted.status,
    },
  });
  return entered;
}
