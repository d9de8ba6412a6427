import { Folder } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const projectsModule: PortalModule = {
  routes: [
    {
      path: 'projects',
      meta: { listPage: 'projects', title: 'projects.title' },
      component: () => import('./ProjectsPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'projects',
      label: 'projects.title',
      icon: Folder,
      isVisible: (session) => session.isMember,
    },
  ],
};
