import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import { amountsOf, type Amounts } from './amounts.ts';
import type { Quota } from './quota.entity.ts';
import type { QuotaAnswer } from './quota.schema.ts';

export const presentQuota = (quota: Quota, used: Amounts, caller: Caller): QuotaAnswer => ({
  tenantId: quota.tenantId,
  limits: amountsOf(quota),
  used,
  generation: quota.generation,
  updatedAt: timeOf(quota.updatedAt),
  permissions: loadPermissions(caller, { tenantId: quota.tenantId }, ['quota:read', 'quota:update']),
});
