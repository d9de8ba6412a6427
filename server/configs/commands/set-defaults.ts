import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { LayerDocument } from '../config-version.entity.ts';
import { ConfigDefaults, PlatformDefaults } from '../defaults.entity.ts';
import { lockFaults, plainLayerFaults } from '../layer-document.ts';
import { LayerReader } from '../layer-reader.ts';
import { findDefaults, type DefaultsPlace, type DefaultsRow } from '../find-defaults.ts';

export interface SetDefaults {
  place: DefaultsPlace;
  agentKind: string;
  expectedGeneration: number;
  configuration: LayerDocument;
  locks: string[];
  by: Requester;
}

/**
 * Writes what a layer sets for all instances of a kind. They take it at their next revision, or by a rollout.
 * @throws Problem 'request.unfit', 'config.value-locked', 'request.stale'
 */
export async function setDefaults(tx: Transaction, order: SetDefaults): Promise<DefaultsRow> {
  const { place, agentKind, configuration, locks, by } = order;
  await refuseFaulty(tx, order);
  const present = await findDefaults(tx, place, agentKind, 'lock');
  requireGeneration(present ?? { generation: 0 }, order.expectedGeneration);
  const now = new Date();
  const written = { configuration, locks, updatedAt: now, updatedBy: by.userId };
  if (present) tx.em.assign(present, { ...written, generation: present.generation + 1 });
  else if (place.layer === 'platform') tx.em.create(PlatformDefaults, { agentKind, ...written, generation: 1 });
  else {
    const { tenantId, projectId } = place;
    tx.em.create(ConfigDefaults, { tenantId, id: uuidv7(), projectId, agentKind, ...written, generation: 1 });
  }
  // Two that write the first ones at once: the second has read nothing, which is stale now.
  await flushUnique(tx, 'request.stale', agentKind);
  record(tx, order);
  const row = await findDefaults(tx, place, agentKind);
  if (!row) throw new Error('the defaults that were just written cannot be read');
  return row;
}

async function refuseFaulty(tx: Transaction, { place, agentKind, configuration, locks }: SetDefaults): Promise<void> {
  const faults = plainLayerFaults(configuration).map(({ pointer, detail }) => ({
    pointer: `/configuration${pointer}`,
    detail,
  }));
  if (faults.length > 0) throw new Problem('request.unfit', undefined, { faults });
  if (place.layer === 'platform') return;
  const layers = await new LayerReader(tx).layersAbove(place, agentKind);
  const above = layers.filter(({ name }) => name === 'platform' || (name === 'tenant' && place.layer === 'project'));
  const locked = lockFaults(above, { name: place.layer, configuration, locks });
  if (locked.length > 0) throw new Problem('config.value-locked', undefined, { faults: locked });
}

function record(tx: Transaction, { place, agentKind, by, locks }: SetDefaults): void {
  const tenantId = place.layer === 'platform' ? null : place.tenantId;
  const projectId = place.layer === 'platform' ? null : place.projectId;
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'defaults.update',
    objectType: 'defaults',
    objectId: projectId ?? tenantId,
    objectName: `${place.layer} ${agentKind}`,
    outcome: 'succeeded',
    detail: { layer: place.layer, agentKind, locks },
    requestId: by.requestId,
  });
  tx.emit({
    type: 'defaults.updated',
    tenantId,
    projectId,
    actorName: by.name,
    data: { layer: place.layer, agentKind },
  });
}
