import { AlarmClock } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const maintenanceModule: PortalModule = {
  routes: [
    {
      path: 'maintenance',
      meta: { listPage: 'maintenance', title: 'maintenance.title', hasFurtherWords: true },
      component: () => import('./MaintenancePage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'maintenance',
      label: 'app.pages.maintenance',
      icon: AlarmClock,
      isVisible: (session) => session.may('maintenance:read'),
    },
  ],
};
