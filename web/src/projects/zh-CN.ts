import type { Messages } from '../i18n/en.ts';

export const projects: Messages['projects'] = {
  title: '项目',
  lead: '实例和密钥都归属于项目。',
  name: '名称',
  displayName: '显示名称',
  tenant: '租户',
  created: '创建时间',
  search: '搜索项目',
  create: '新建项目',
  createTitle: '新建项目',
  chooseTenant: '选择租户',
  done: '项目 {name} 已创建。',
  instances: '实例',
  noneTitle: '还没有项目',
  noneLead: '项目用于存放同一用途的实例及其密钥。',
};
