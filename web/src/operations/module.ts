import { Operation } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const operationsModule: PortalModule = {
  routes: [
    {
      path: 'operations',
      meta: { listPage: 'operations', title: 'operations.title' },
      component: () => import('./OperationsPage.vue'),
    },
    {
      path: 'operations/:id',
      meta: { listPage: 'operations', title: 'operations.title' },
      component: () => import('./OperationPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'fleet',
      page: 'operations',
      label: 'operations.title',
      icon: Operation,
      isVisible: (session) => session.isMember,
    },
  ],
};
