import type { z } from 'zod';
import type { AdapterRules } from '../../activities/adapters/adapter.ts';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { AgentKind, AgentVersionAnswer } from './agent.schema.ts';
import type { AgentVersion } from './agent-version.entity.ts';

export const presentAgentKind = ({
  kind,
  capabilities,
  defaultResources,
  minimumResources,
}: AdapterRules): z.infer<typeof AgentKind> => ({ kind, capabilities, defaultResources, minimumResources });

export type AgentVersionRow = Pick<
  AgentVersion,
  'id' | 'kind' | 'version' | 'image' | 'imageDigest' | 'package' | 'status' | 'generation'
> & { createdAt: Date | string };

export const presentAgentVersion = (version: AgentVersionRow, caller: Caller): AgentVersionAnswer => ({
  id: version.id,
  kind: version.kind,
  version: version.version,
  image: version.image ?? null,
  imageDigest: version.imageDigest ?? null,
  package: version.package ?? null,
  status: version.status,
  generation: version.generation,
  createdAt: timeOf(version.createdAt),
  permissions: loadPermissions(caller, 'platform', ['agent-version:update']),
});
