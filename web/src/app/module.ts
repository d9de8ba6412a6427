import type { Component } from 'vue';
import type { RouteRecordRaw } from 'vue-router';
import type { useSession } from '../access/session.store.ts';
import type { MessageKey } from '../i18n/use-text.ts';

export const groups = ['fleet', 'build', 'data', 'govern'] as const;
export type Group = (typeof groups)[number];

export interface NavigationEntry {
  group: Group;
  /** Below the scope; also what the address of its pages begins with. */
  page: string;
  label: MessageKey;
  icon: Component;
  /** What a person may not see is not there. */
  isVisible: (session: ReturnType<typeof useSession>) => boolean;
}

/** A feature: a folder that brings its own pages and its place in the navigation. The shell only puts them together. */
export interface PortalModule {
  routes: RouteRecordRaw[];
  navigation: NavigationEntry[];
}

declare module 'vue-router' {
  interface RouteMeta {
    /** The list that a page belongs to; where a change of tenant leads. */
    listPage?: string;
    title?: MessageKey;
    /** It says what the first pages do not. */
    hasFurtherWords?: true;
  }
}
