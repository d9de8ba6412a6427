import { LockMode } from '@mikro-orm/core';
import type { Transaction } from '../persistence/transaction.ts';
import { ConfigDefaults, PlatformDefaults } from './defaults.entity.ts';

/** Whose defaults: `projectId` is null for those of a whole tenant. */
export type DefaultsPlace =
  | { layer: 'platform' }
  | { layer: 'tenant'; tenantId: string; projectId: null }
  | { layer: 'project'; tenantId: string; projectId: string };

export type DefaultsRow = Pick<PlatformDefaults, 'agentKind' | 'configuration' | 'locks' | 'generation' | 'updatedAt'>;

/** The defaults of one layer for a kind of agent; null where nobody has set any. `lock` keeps them until the end. */
export async function findDefaults(
  tx: Transaction,
  place: DefaultsPlace,
  agentKind: string,
  lock?: 'lock',
): Promise<ConfigDefaults | PlatformDefaults | null> {
  const options = lock ? { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } : {};
  if (place.layer === 'platform') return tx.em.findOne(PlatformDefaults, { agentKind }, options);
  const { tenantId, projectId } = place;
  return tx.em.findOne(ConfigDefaults, { tenantId, projectId, agentKind }, options);
}
