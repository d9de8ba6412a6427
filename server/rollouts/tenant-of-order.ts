import type { z } from 'zod';
import { Problem } from '../../workflows/contracts/problem.ts';
import { requireConfig } from '../configs/require-config.ts';
import { requireInstance } from '../instances/require-instance.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { requireProject } from '../projects/require-project.ts';
import type { RolloutPreviewRequest } from './rollout-order.schema.ts';

type Order = Pick<z.output<typeof RolloutPreviewRequest>, 'tenantId' | 'change' | 'selection'>;

/**
 * The tenant that a request speaks of: named, or that of the first thing it names.
 * @throws Problem 'project.unknown', 'config.unknown', 'instance.unknown'; 'request.unfit' where nothing names one
 */
export async function tenantOfOrder(tx: Transaction, { tenantId, change, selection }: Order): Promise<string> {
  if (tenantId) return tenantId;
  if (selection.projectId) return (await requireProject(tx, selection.projectId)).tenantId;
  if (selection.templateId) return (await requireConfig(tx, selection.templateId)).tenantId;
  const [first] = selection.instanceIds ?? [];
  if (first) return (await requireInstance(tx, first)).tenantId;
  if (change.kind === 'configuration') return (await requireConfig(tx, change.templateId)).tenantId;
  throw new Problem('request.unfit', undefined, {
    faults: [{ pointer: '/tenantId', detail: 'Name the tenant: the selection alone does not say it.' }],
  });
}
