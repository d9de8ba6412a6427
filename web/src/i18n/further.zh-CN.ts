import { configs } from '../configs/zh-CN.ts';
import { maintenance } from '../maintenance/zh-CN.ts';
import { rollouts } from '../rollouts/zh-CN.ts';
import type { FurtherMessages } from './en.ts';

export const further: FurtherMessages = { configs, maintenance, rollouts };
