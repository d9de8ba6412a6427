import { Promotion } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const rolloutsModule: PortalModule = {
  routes: [
    {
      path: 'rollouts',
      meta: { listPage: 'rollouts', title: 'rollouts.title', hasFurtherWords: true },
      component: () => import('./RolloutsPage.vue'),
    },
    {
      path: 'rollouts/:id',
      meta: { listPage: 'rollouts', title: 'rollouts.title', hasFurtherWords: true },
      component: () => import('./RolloutPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'fleet',
      page: 'rollouts',
      label: 'app.pages.rollouts',
      icon: Promotion,
      isVisible: (session) => session.isMember,
    },
  ],
};
