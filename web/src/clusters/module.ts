import { Connection } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const clustersModule: PortalModule = {
  routes: [
    {
      path: 'clusters',
      meta: { listPage: 'clusters', title: 'clusters.title' },
      component: () => import('./ClustersPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'clusters',
      label: 'clusters.title',
      icon: Connection,
      isVisible: (session) => session.isMember,
    },
  ],
};
