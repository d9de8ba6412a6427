import { defineStore } from 'pinia';
import { ref, watchEffect } from 'vue';
import type { Me } from '../api/types.ts';
import { everything, scopePath } from './scope.ts';

interface Scope {
  tenant: string;
  project: string;
}
const storageKey = 'occ.scope';
const uuid = /^[0-9a-f-]{36}$/;
const isPlace = (value: unknown): value is string =>
  value === everything || (typeof value === 'string' && uuid.test(value));

/** Where the person was last, for an address that names no place. */
export const useLastScope = defineStore('scope', () => {
  const last = ref<Scope | null>(stored());

  watchEffect(() => {
    try {
      if (last.value) localStorage.setItem(storageKey, JSON.stringify(last.value));
    } catch {
      // Storage is switched off: the next visit begins at the first tenant.
    }
  });

  /** Where a person without a place in the address begins. */
  function firstPage(me: Me): string {
    const isOnPlatform = me.assignments.some(({ tenantId }) => tenantId === null);
    const [only] = me.tenants;
    const own: Scope = { tenant: isOnPlatform || !only ? everything : only.id, project: everything };
    const known = last.value && (isOnPlatform || me.tenants.some(({ id }) => id === last.value?.tenant));
    const { tenant, project } = known && last.value ? last.value : own;
    return scopePath(tenant, project, 'instances');
  }

  return { last, firstPage };
});

function stored(): Scope | null {
  try {
    const { tenant, project } = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Scope>;
    return isPlace(tenant) && isPlace(project) ? { tenant, project } : null;
  } catch {
    return null; // Unreadable, or storage is switched off.
  }
}
