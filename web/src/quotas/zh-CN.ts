import type { Messages } from '../i18n/en.ts';

export const quotas: Messages['quotas'] = {
  title: '配额',
  cpu: 'CPU',
  memory: '内存',
  storage: '存储',
  instances: '实例',
  cores: '{n} 核',
  of: '{used} / {limit}',
  change: '{used} → {after} / {limit}',
  edit: '修改配额',
  cpuLimit: 'CPU（核）',
  memoryLimit: '内存（GiB）',
  storageLimit: '存储（GiB）',
  instancesLimit: '实例数',
  saved: '配额已修改。',
  savedOperation: '配额已修改，正在同步到各集群。',
  exceeded: '超出租户的配额。',
};
