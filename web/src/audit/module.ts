import { Memo } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const auditModule: PortalModule = {
  routes: [
    {
      path: 'audit',
      meta: { listPage: 'audit', title: 'app.pages.audit', hasFurtherWords: true },
      component: () => import('./AuditPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'audit',
      label: 'app.pages.audit',
      icon: Memo,
      isVisible: (session) => session.maySomewhere('audit:read'),
    },
  ],
};
