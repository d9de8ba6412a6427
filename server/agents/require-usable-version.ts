import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { AgentVersion } from './agent-version.entity.ts';

/** A version that an instance of this kind may be brought to. @throws Problem 'agent.version-unknown', 'agent.version-withdrawn' */
export async function requireUsableVersion(tx: Transaction, id: string, kind: string): Promise<AgentVersion> {
  const version = await tx.em.findOne(AgentVersion, { id, kind });
  if (!version) throw new Problem('agent.version-unknown', id);
  if (version.status === 'withdrawn') throw new Problem('agent.version-withdrawn', `${kind} ${version.version}`);
  return version;
}
