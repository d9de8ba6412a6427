import type { RolloutKind } from '../../workflows/contracts/rollouts.ts';
import type { Permission } from '../access/permissions.ts';

/** Who rolls out does it to each target: he needs the right to the thing itself. */
export const rightTo: Record<RolloutKind, Permission> = {
  configuration: 'instance:update',
  image: 'instance:update',
  rollback: 'instance:update',
  start: 'instance:start',
  stop: 'instance:stop',
  restart: 'instance:restart',
};
