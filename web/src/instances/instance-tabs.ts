export const instanceTabs = ['overview', 'configuration', 'operations', 'events'] as const;
export type InstanceTab = (typeof instanceTabs)[number];
