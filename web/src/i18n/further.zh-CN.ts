import { audit } from '../audit/zh-CN.ts';
import { configs } from '../configs/zh-CN.ts';
import { explain } from '../explain/zh-CN.ts';
import { invitation } from '../invitations/zh-CN.ts';
import { maintenance } from '../maintenance/zh-CN.ts';
import { members } from '../members/zh-CN.ts';
import { roles } from '../roles/zh-CN.ts';
import { rollouts } from '../rollouts/zh-CN.ts';
import type { FurtherMessages } from './en.ts';

export const further: FurtherMessages = { audit, configs, explain, invitation, maintenance, members, roles, rollouts };
