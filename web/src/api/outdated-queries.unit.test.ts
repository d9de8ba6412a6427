import { expect, it } from 'vitest';
import { outdatedQueries } from './outdated-queries.ts';

const event = { type: 'instance.changed', tenantId: 't', instanceId: 'i', operationId: null };

it('makes the lists out of date, and of the details only the one that the event names', () => {
  expect(outdatedQueries(event)).toEqual([
    ['instances', 'list'],
    ['instances', 'i'],
    ['events', 'i'],
    ['quotas', 't'],
  ]);
  expect(outdatedQueries({ ...event, type: 'operation.changed', operationId: 'o' })).toEqual([
    ['operations', 'list'],
    ['operations', 'o'],
    ['instances', 'i'],
    ['events', 'i'],
  ]);
});

it('makes one rollout out of date, with its cells and targets, and not the others', () => {
  expect(outdatedQueries({ ...event, instanceId: null, type: 'rollout.changed', data: { id: 'r' } })).toEqual([
    ['rollouts', 'list'],
    ['rollouts', 'r'],
  ]);
});

it('reads everything of the smaller nouns again', () => {
  expect(outdatedQueries({ ...event, type: 'agent-version.created' })).toEqual([['agent-versions']]);
  expect(outdatedQueries({ ...event, type: 'maintenance.run' })).toEqual([['maintenance']]);
});
