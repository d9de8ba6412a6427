import { audit } from '../audit/zh-CN.ts';
import { configs } from '../configs/zh-CN.ts';
import { maintenance } from '../maintenance/zh-CN.ts';
import { rollouts } from '../rollouts/zh-CN.ts';
import type { FurtherMessages } from './en.ts';

export const further: FurtherMessages = { audit, configs, maintenance, rollouts };
