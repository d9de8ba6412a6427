import { OfficeBuilding } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const tenantsModule: PortalModule = {
  routes: [
    {
      path: 'tenants',
      meta: { listPage: 'tenants', title: 'tenants.title' },
      component: () => import('./TenantsPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'tenants',
      label: 'tenants.title',
      icon: OfficeBuilding,
      isVisible: (session) => session.isMember,
    },
  ],
};
