import { audit } from '../audit/en.ts';
import { configs } from '../configs/en.ts';
import { maintenance } from '../maintenance/en.ts';
import { rollouts } from '../rollouts/en.ts';

/** Words of pages that are not the first one; fetched with the first page that has them. */
export const further = { audit, configs, maintenance, rollouts };
