import type { TenantOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Brings a changed quota to every cluster on which the tenant has a space. */
export const syncTenant = (input: TenantOperationInput) =>
  carryOut(input, async () => {
    await steps.syncTenantSpaces(input);
  });
