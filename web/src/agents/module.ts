import { Box } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const agentsModule: PortalModule = {
  routes: [
    {
      path: 'agent-versions',
      meta: { listPage: 'agent-versions', title: 'agents.title' },
      component: () => import('./AgentVersionsPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'build',
      page: 'agent-versions',
      label: 'agents.title',
      icon: Box,
      isVisible: (session) => session.isMember,
    },
  ],
};
