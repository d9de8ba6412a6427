import type { Messages } from '../i18n/en.ts';

export const tenants: Messages['tenants'] = {
  title: '租户',
  lead: '共用此平台的各方。每个租户都有自己的项目、密钥、配额和集群空间。',
  name: '名称',
  nameHint: '小写字母、数字和连字符。',
  displayName: '显示名称',
  phase: '状态',
  created: '创建时间',
  search: '搜索租户',
  create: '新建租户',
  createTitle: '新建租户',
  done: '租户 {name} 已创建。',
  quota: '配额',
  quotaOf: '{name} 的配额',
  projects: '项目',
  noneTitle: '还没有租户',
  noneLead: '租户可以是客户、团队或部门。请先新建一个租户。',
};
