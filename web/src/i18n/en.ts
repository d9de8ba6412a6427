import { access } from '../access/en.ts';
import { agents } from '../agents/en.ts';
import { app } from '../app/en.ts';
import { clusters } from '../clusters/en.ts';
import { events } from '../events/en.ts';
import { instances } from '../instances/en.ts';
import { operations } from '../operations/en.ts';
import { projects } from '../projects/en.ts';
import { quotas } from '../quotas/en.ts';
import { secrets } from '../secrets/en.ts';
import { tenants } from '../tenants/en.ts';
import { ui } from '../ui/en.ts';
import type { further } from './further.en.ts';
import { problems } from './problems.en.ts';

/** Words of the frame and of the first pages; `further` holds the others. */
export const en = {
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

/** The same keys with any words. */
type Words<Of> = { [Key in keyof Of]: Of[Key] extends string ? string : Words<Of[Key]> };
export type FirstMessages = Words<typeof en>;
export type FurtherMessages = Words<typeof further>;
export type Messages = FirstMessages & FurtherMessages;
