import { Document, Files } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const configsModule: PortalModule = {
  routes: [
    {
      path: 'configs',
      meta: { listPage: 'configs', title: 'configs.title', hasFurtherWords: true },
      component: () => import('./ConfigsPage.vue'),
    },
    {
      path: 'configs/:id',
      meta: { listPage: 'configs', title: 'configs.title', hasFurtherWords: true },
      component: () => import('./ConfigPage.vue'),
    },
    {
      path: 'config-defaults',
      meta: { listPage: 'config-defaults', title: 'configs.defaults.title', hasFurtherWords: true },
      component: () => import('./DefaultsPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'build',
      page: 'configs',
      label: 'app.pages.configs',
      icon: Document,
      isVisible: (session) => session.isMember,
    },
    {
      group: 'build',
      page: 'config-defaults',
      label: 'app.pages.configDefaults',
      icon: Files,
      isVisible: (session) => session.isMember,
    },
  ],
};
