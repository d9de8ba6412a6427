export const instanceTabs = ['overview', 'configuration', 'revisions', 'operations', 'events'] as const;
export type InstanceTab = (typeof instanceTabs)[number];
