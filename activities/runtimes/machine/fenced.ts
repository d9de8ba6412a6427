import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fence, InstanceRef } from '../runtime.ts';
import type { Keeper } from './keeper.ts';

/** One attempt of one operation, at work on one machine. */
export interface Attempt {
  keeper: Keeper;
  fence: Fence;
  signal: AbortSignal;
}

const Head = z.object({
  /** 0: there is no record. */
  version: z.int(),
  exists: z.boolean(),
  generation: z.int(),
  /** Its removal is under way. */
  leaving: z.boolean(),
});
export type Head = z.infer<typeof Head>;

const maximumCollisions = 12;

export const identityOf = ({ tenantId, instanceId }: Pick<InstanceRef, 'tenantId' | 'instanceId'>) => ({
  tenantId,
  instanceId,
});

export const stampOf = ({ generation, operationId }: Fence) => ({ generation, operationId });

/** What there is, where nobody newer has written. @throws Problem 'operation.superseded' */
export async function readHead(ref: InstanceRef, { keeper, fence, signal }: Attempt): Promise<Head> {
  const head = await keeper.call('head', identityOf(ref), Head, signal);
  if (head.generation > fence.generation) {
    const extra = { generation: head.generation, ownGeneration: fence.generation };
    throw new Problem('operation.superseded', undefined, { extra });
  }
  return head;
}

/**
 * Reads, compares generations, and writes only if nobody wrote in between; otherwise all of it again. Nothing is
 * written when edit and stamp change nothing. The machine compares once more, under its lock.
 * @returns the version written over (0: it was created), undefined where `editOf` wants nothing
 */
export async function changeFenced(
  ref: InstanceRef,
  attempt: Attempt,
  editOf: (head: Head) => object | undefined,
): Promise<number | undefined> {
  const { keeper, fence, signal } = attempt;
  for (let collisions = 1; ; collisions += 1) {
    const head = await readHead(ref, attempt);
    const edit = editOf(head);
    if (!edit) return undefined;
    fence.assertValid();
    const args = { ...identityOf(ref), version: head.version, stamp: stampOf(fence), edit };
    if (await keeper.call('change', args, z.boolean(), signal)) return head.version;
    if (collisions > maximumCollisions) {
      throw new Problem('cluster.unavailable', 'Others keep changing the instance at the same time.');
    }
    await sleep(Math.random() * 10 * collisions, undefined, { signal });
  }
}
