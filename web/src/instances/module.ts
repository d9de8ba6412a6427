import { Cpu } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const instancesModule: PortalModule = {
  routes: [
    {
      path: 'instances',
      meta: { listPage: 'instances', title: 'instances.title' },
      component: () => import('./InstancesPage.vue'),
    },
    {
      path: 'instances/:id',
      meta: { listPage: 'instances', title: 'instances.title', hasFurtherWords: true },
      component: () => import('./InstancePage.vue'),
    },
  ],
  navigation: [
    {
      group: 'fleet',
      page: 'instances',
      label: 'instances.title',
      icon: Cpu,
      isVisible: (session) => session.isMember,
    },
  ],
};
