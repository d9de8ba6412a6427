/** Below it, by the id of each, is what belongs to tenants. */
export const tenantsPrefix = 'tenants/';
