import { QuestionFilled } from '@element-plus/icons-vue';
import type { PortalModule } from '../app/module.ts';

export const explainModule: PortalModule = {
  routes: [
    {
      path: 'explain',
      meta: { listPage: 'explain', title: 'explain.title', hasFurtherWords: true },
      component: () => import('./ExplainPage.vue'),
    },
  ],
  navigation: [
    {
      group: 'govern',
      page: 'explain',
      label: 'app.pages.explain',
      icon: QuestionFilled,
      isVisible: (session) => session.isMember,
    },
  ],
};
