import type { InstanceSummary } from '../api/types.ts';
import type { MessageKey } from '../i18n/use-text.ts';

export type Action = 'start' | 'stop' | 'restart' | 'sync' | 'edit' | 'kill' | 'delete' | 'purge';

export interface AllowedAction {
  action: Action;
  /** Why it cannot be done at this moment; null when it can. */
  refusal: MessageKey | null;
}

type Subject = Pick<InstanceSummary, 'permissions' | 'phase' | 'power' | 'activeOperation' | 'deletedAt' | 'volume'>;

const permissionOf: Record<Action, string> = {
  start: 'instance:start',
  stop: 'instance:stop',
  restart: 'instance:restart',
  sync: 'instance:sync',
  edit: 'instance:update',
  kill: 'instance:kill',
  delete: 'instance:delete',
  purge: 'instance:purge',
};

/** What this person may do with it, and why some of that has to wait. What he may not do is not there. */
export function allowedActions(instance: Subject): AllowedAction[] {
  const living: Action[] = ['start', 'stop', 'restart', 'sync', 'edit', 'kill', 'delete'];
  const fitting: Action[] = instance.deletedAt ? (instance.volume === 'present' ? ['purge'] : []) : living;
  return fitting
    .filter((action) => instance.permissions.includes(permissionOf[action]))
    .filter((action) => !isOpposite(action, instance))
    .map((action) => ({ action, refusal: refusalOf(action, instance) }));
}

/** Start and stop share a place: the one that makes sense is shown. */
const isOpposite = (action: Action, { power }: Subject): boolean =>
  (action === 'start' && power === 'on') || (action === 'stop' && power === 'off');

function refusalOf(action: Action, { phase, power, activeOperation }: Subject): MessageKey | null {
  if (action === 'kill' || action === 'delete') return null; // Never locked out.
  if (activeOperation) return 'instances.refusal.busy';
  if (action === 'purge') return null;
  if (phase === 'Failed') return 'instances.refusal.creationFailed';
  if (action === 'restart' && power === 'off') return 'instances.refusal.off';
  return null;
}
