import { Key } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const secretsModule: PortalModule = {
  routes: [
    {
      path: 'secrets',
      meta: { listPage: 'secrets', title: 'secrets.title' },
      component: () => import('./SecretsPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'build',
      page: 'secrets',
      label: 'secrets.title',
      icon: Key,
      isVisible: (session) => session.isMember,
    },
  ],
};
