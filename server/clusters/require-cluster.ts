import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Cluster } from './cluster.entity.ts';

/** @throws Problem 'cluster.unknown' */
export async function requireCluster(tx: Transaction, id: string): Promise<Cluster> {
  const cluster = await tx.em.findOne(Cluster, { id });
  if (!cluster) throw new Problem('cluster.unknown', id);
  return cluster;
}
