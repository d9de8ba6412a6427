import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { TenantSpace } from '../runtime.ts';
import { stampOf, type Attempt } from './fenced.ts';

const pollMs = 200;

/** Its bounds are noted down; nothing on a machine keeps them. A second tenant is refused, unless that was agreed. */
export async function ensureTenantSpace(
  space: TenantSpace,
  shared: boolean,
  { keeper, fence, signal }: Attempt,
): Promise<void> {
  fence.assertValid();
  await keeper.call('space', { space, shared }, z.null(), signal);
}

export async function removeTenantSpace(tenantId: string, { keeper, fence, signal }: Attempt): Promise<void> {
  for (;;) {
    fence.assertValid();
    const left = await keeper.call('remove-space', { tenantId, stamp: stampOf(fence) }, z.array(z.string()), signal);
    if (left.length === 0) return;
    await sleep(pollMs, undefined, { signal });
  }
}
