import { Stamp } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const rolesModule: PortalModule = {
  routes: [
    {
      path: 'roles',
      meta: { listPage: 'roles', title: 'roles.title', hasFurtherWords: true },
      component: () => import('./RolesPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'roles',
      label: 'app.pages.roles',
      icon: Stamp,
      isVisible: (session) => session.maySomewhere('role:read'),
    },
  ],
};
