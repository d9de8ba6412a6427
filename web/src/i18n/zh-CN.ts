import { access } from '../access/zh-CN.ts';
import { agents } from '../agents/zh-CN.ts';
import { app } from '../app/zh-CN.ts';
import { clusters } from '../clusters/zh-CN.ts';
import { events } from '../events/zh-CN.ts';
import { instances } from '../instances/zh-CN.ts';
import { operations } from '../operations/zh-CN.ts';
import { projects } from '../projects/zh-CN.ts';
import { quotas } from '../quotas/zh-CN.ts';
import { secrets } from '../secrets/zh-CN.ts';
import { tenants } from '../tenants/zh-CN.ts';
import { ui } from '../ui/zh-CN.ts';
import type { FirstMessages } from './en.ts';
import { problems } from './problems.zh-CN.ts';

export const zhCN: FirstMessages = {
  access,
  agents,
  app,
  clusters,
  events,
  instances,
  operations,
  problems,
  projects,
  quotas,
  secrets,
  tenants,
  ui,
};
