import { agentsModule } from '../agents/module.ts';
import { auditModule } from '../audit/module.ts';
import { clustersModule } from '../clusters/module.ts';
import { configsModule } from '../configs/module.ts';
import { explainModule } from '../explain/module.ts';
import { instancesModule } from '../instances/module.ts';
import { maintenanceModule } from '../maintenance/module.ts';
import { membersModule } from '../members/module.ts';
import { operationsModule } from '../operations/module.ts';
import { projectsModule } from '../projects/module.ts';
import { rolesModule } from '../roles/module.ts';
import { rolloutsModule } from '../rollouts/module.ts';
import { secretsModule } from '../secrets/module.ts';
import { tenantsModule } from '../tenants/module.ts';
import type { PortalModule } from './module.ts';

/** In the order of the navigation. */
export const modules: readonly PortalModule[] = [
  instancesModule,
  rolloutsModule,
  operationsModule,
  configsModule,
  secretsModule,
  tenantsModule,
  projectsModule,
  membersModule,
  rolesModule,
  explainModule,
  clustersModule,
  agentsModule,
  maintenanceModule,
  auditModule,
];
