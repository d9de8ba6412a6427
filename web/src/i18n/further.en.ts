import { audit } from '../audit/en.ts';
import { configs } from '../configs/en.ts';
import { explain } from '../explain/en.ts';
import { invitation } from '../invitations/en.ts';
import { maintenance } from '../maintenance/en.ts';
import { members } from '../members/en.ts';
import { roles } from '../roles/en.ts';
import { rollouts } from '../rollouts/en.ts';

/** Words of pages that are not the first one; fetched with the first page that has them. */
export const further = { audit, configs, explain, invitation, maintenance, members, roles, rollouts };
