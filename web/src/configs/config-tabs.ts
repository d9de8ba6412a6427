export const configTabs = ['editor', 'versions', 'diff'] as const;
export type ConfigTab = (typeof configTabs)[number];
