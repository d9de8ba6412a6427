import { VueQueryPlugin } from '@tanstack/vue-query';
import { DOMWrapper, enableAutoUnmount, mount, type VueWrapper } from '@vue/test-utils';
import axe from 'axe-core';
import { createPinia } from 'pinia';
import { afterEach } from 'vitest';
import type { Component } from 'vue';
import { createMemoryHistory, createRouter } from 'vue-router';
import { createQueryClient } from '../api/query-client.ts';
import { i18n, loadFurtherWords, loadLanguage } from '../i18n/i18n.ts';
import type { Language } from '../preferences/language.ts';

enableAutoUnmount(afterEach);

/** Everything there is to see: dialogs and menus stand outside of the view that opens them. */
export const wholePage = new DOMWrapper(document.body);

interface View {
  props?: Record<string, unknown>;
  language?: Language;
  path?: string;
}

/** A view as the portal shows it: with its words, its links and its stores, in a document that can be looked through. */
export async function mountView(
  view: Component,
  { props = {}, language = 'en', path }: View = {},
): Promise<VueWrapper> {
  await loadLanguage(language);
  await loadFurtherWords();
  const nothing = { template: '' };
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/t/:tenant/p/:project/:page(.*)*', component: nothing },
      { path: '/:rest(.*)*', component: nothing },
    ],
  });
  await router.push(path ?? '/t/all/p/all/instances');
  return mount(view, {
    props,
    attachTo: document.body,
    global: {
      plugins: [createPinia(), i18n, router, [VueQueryPlugin, { queryClient: createQueryClient() }]],
    },
  });
}

/** What axe finds; colours and layout are looked at in a real browser. */
export async function accessibilityFaults(wrapper: VueWrapper): Promise<string[]> {
  const { violations } = await axe.run(wrapper.element.parentElement ?? document.body, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    rules: { 'color-contrast': { enabled: false } },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
