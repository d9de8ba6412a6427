import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, WorkloadSpec } from '../runtime.ts';
import { changeFenced, identityOf, type Attempt } from './fenced.ts';
import { configurationOf, recordOf } from './record.ts';

const takeBackTimeoutMs = 10_000;

/**
 * One record holds all of it, so that one conditional write is the whole change; the machine follows it. What needs a
 * new process gets one: the one that runs is asked to end.
 */
export async function ensureInstance(ref: InstanceRef, spec: WorkloadSpec, attempt: Attempt): Promise<void> {
  const record = recordOf(ref, spec);
  const before = await changeFenced(ref, attempt, ({ leaving }) => {
    if (leaving) throw new Problem('cluster.unavailable', 'The former instance is still being removed.');
    return record;
  });
  try {
    // The write may have been long under way.
    attempt.fence.assertValid();
  } catch (error) {
    if (before === 0) await takeBack(ref, attempt);
    throw error;
  }
}

/** Where instance and volume are gone nothing on the machine can refuse a late creation: it goes again, unless used. */
async function takeBack(ref: InstanceRef, { keeper }: Attempt): Promise<void> {
  const args = { ...identityOf(ref), version: 1 };
  await keeper.call('take-back', args, z.null(), AbortSignal.timeout(takeBackTimeoutMs));
}

/** The files of a living process. The template stays as it is. */
export async function putConfiguration(ref: InstanceRef, spec: WorkloadSpec, attempt: Attempt): Promise<void> {
  await changeFenced(ref, attempt, ({ exists }) => {
    if (!exists) throw withoutWorkload();
    return configurationOf(spec);
  });
}

export const withoutWorkload = (): Problem =>
  new Problem('instance.state-conflict', 'The instance has no workload on its cluster. Sync it first.');
