import type { TenantOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Removes an empty tenant's spaces from every cluster; only goes forward. */
export const deleteTenant = (input: TenantOperationInput) =>
  carryOut(input, async () => {
    await steps.removeTenantSpaces(input);
  });
