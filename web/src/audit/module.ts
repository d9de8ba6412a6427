import { Memo } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

/** Roles in a tenant that may read its audit; the list itself says so again. */
const readers: readonly string[] = ['tenant-administrator', 'auditor'];

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
      isVisible: (session) =>
        session.may('audit:read') ||
        (session.me?.assignments.some(({ role, projectId }) => projectId === null && readers.includes(role)) ?? false),
    },
  ],
};
