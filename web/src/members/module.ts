import { User } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const membersModule: PortalModule = {
  routes: [
    {
      path: 'members',
      meta: { listPage: 'members', title: 'members.title', hasFurtherWords: true },
      component: () => import('./MembersPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'members',
      label: 'app.pages.members',
      icon: User,
      isVisible: (session) => session.maySomewhere('member:read'),
    },
  ],
};
