import { computed } from 'vue';
import { useRoute, type LocationQueryRaw, type RouteLocationRaw } from 'vue-router';

/** In the address: everything that the person may see. */
export const everything = 'all';

export const scopePath = (tenant: string, project: string, page: string): string => `/t/${tenant}/p/${project}/${page}`;

/** The tenant and project that the page is about, and links that stay within them. */
export function useScope() {
  const route = useRoute();
  const tenant = computed(() => param(route.params.tenant));
  const project = computed(() => param(route.params.project));
  const tenantId = computed(() => (tenant.value === everything ? undefined : tenant.value));
  const projectId = computed(() => (project.value === everything ? undefined : project.value));

  return {
    tenant,
    project,
    tenantId,
    projectId,
    /** For the queries of lists. */
    filter: computed(() => ({ tenantId: tenantId.value, projectId: projectId.value })),
    to: (page: string, query?: LocationQueryRaw): RouteLocationRaw => ({
      path: scopePath(tenant.value, project.value, page),
      query,
    }),
  };
}

const param = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : everything);
