import { describe, expect, it } from 'vitest';
import { buildInstance } from '../testing/build-objects.ts';
import { allowedActions } from './allowed-actions.ts';

const names = (over: Parameters<typeof buildInstance>[0]) =>
  allowedActions(buildInstance(over)).map(({ action }) => action);

describe('what may be done with an instance', () => {
  it('offers the opposite of its power', () => {
    expect(names({ power: 'on' })).toContain('stop');
    expect(names({ power: 'on' })).not.toContain('start');
    expect(names({ power: 'off' })).toContain('start');
  });

  it('never locks out kill and delete', () => {
    const activeOperation = { id: 'op', kind: 'instance.update', phase: 'Running' };
    const free = allowedActions(buildInstance({ activeOperation })).filter(({ refusal }) => refusal === null);
    expect(free.map(({ action }) => action)).toEqual(['kill', 'delete']);
  });

  it('leaves a failed creation to be deleted', () => {
    const sync = allowedActions(buildInstance({ phase: 'Failed' })).find(({ action }) => action === 'sync');
    expect(sync?.refusal).toBe('instances.refusal.creationFailed');
  });

  it('offers nothing for a deleted instance without a volume', () => {
    expect(names({ deletedAt: '2026-11-22T11:00:00.000Z', volume: 'purged' })).toEqual([]);
  });
});
