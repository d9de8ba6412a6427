import { createRouter, createWebHistory, type Router } from 'vue-router';
import { whenSessionEnds } from '../api/client.ts';
import { useSession } from '../access/session.store.ts';
import { loadFurtherWords } from '../i18n/i18n.ts';
import { useText } from '../i18n/use-text.ts';
import { useLastScope } from '../scope/scope.store.ts';
import { modules } from './modules.ts';

export function createPortalRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
    routes: [
      { path: '/sign-in', name: 'sign-in', component: () => import('../access/SignInPage.vue') },
      {
        path: '/invitation',
        name: 'invitation',
        meta: { title: 'invitation.title', hasFurtherWords: true },
        component: () => import('../invitations/InvitationPage.vue'),
      },
      { path: '/', name: 'start', component: () => import('./NotFoundPage.vue') },
      {
        path: '/t/:tenant/p/:project',
        component: () => import('./AppShell.vue'),
        children: [
          { path: '', redirect: ({ path }) => `${path.replace(/\/$/, '')}/instances` },
          ...modules.flatMap(({ routes }) => routes),
          { path: ':rest(.*)+', component: () => import('./NotFoundPage.vue') },
        ],
      },
      { path: '/:rest(.*)*', component: () => import('./NotFoundPage.vue') },
    ],
  });

  router.beforeEach(async (to) => {
    const session = useSession();
    const me = await session.load();
    if (to.name === 'sign-in') return me ? { path: '/' } : true;
    if (to.name === 'invitation') {
      await loadFurtherWords();
      return true;
    }
    if (!me) return { name: 'sign-in', query: to.fullPath === '/' ? {} : { return: to.fullPath } };
    if (to.meta.hasFurtherWords) await loadFurtherWords();
    const lastScope = useLastScope();
    if (to.name === 'start') return lastScope.firstPage(me);
    const { tenant, project } = to.params;
    if (typeof tenant === 'string' && typeof project === 'string') lastScope.last = { tenant, project };
    return true;
  });
  router.afterEach((to) => {
    const { t } = useText();
    document.title = to.meta.title ? `${t(to.meta.title)} · Open Cluster Claw` : 'Open Cluster Claw';
  });

  whenSessionEnds(() => {
    const session = useSession();
    session.end();
    const { name, fullPath } = router.currentRoute.value;
    if (name !== 'sign-in') void router.push({ name: 'sign-in', query: { return: fullPath } });
  });
  return router;
}
