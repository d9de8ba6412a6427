import { access } from '../access/en.ts';
import { agents } from '../agents/en.ts';
import { app } from '../app/en.ts';
import { clusters } from '../clusters/en.ts';
import { configs } from '../configs/en.ts';
import { events } from '../events/en.ts';
import { instances } from '../instances/en.ts';
import { operations } from '../operations/en.ts';
import { projects } from '../projects/en.ts';
import { quotas } from '../quotas/en.ts';
import { rollouts } from '../rollouts/en.ts';
import { secrets } from '../secrets/en.ts';
import { tenants } from '../tenants/en.ts';
import { ui } from '../ui/en.ts';
import { problems } from './problems.en.ts';

export const en = {
  access,
  agents,
  app,
  clusters,
  configs,
  events,
  instances,
  operations,
  problems,
  projects,
  quotas,
  rollouts,
  secrets,
  tenants,
  ui,
};

/** The same keys with any words. */
type Words<Of> = { [Key in keyof Of]: Of[Key] extends string ? string : Words<Of[Key]> };
export type Messages = Words<typeof en>;
