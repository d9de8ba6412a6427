import { expect, it } from 'vitest';
import { outdatedQueries } from './outdated-queries.ts';

const event = { tenantId: 't', instanceId: 'i', operationId: null };

it('makes the lists out of date, and of the details only the one that the event names', () => {
  expect(outdatedQueries('instance', event)).toEqual([
    ['instances', 'list'],
    ['instances', 'i'],
    ['events', 'i'],
    ['quotas', 't'],
  ]);
  expect(outdatedQueries('operation', { ...event, operationId: 'o' })).toEqual([
    ['operations', 'list'],
    ['operations', 'o'],
    ['instances', 'i'],
    ['events', 'i'],
  ]);
});

it('reads everything of the smaller nouns again', () => {
  expect(outdatedQueries('agent-version', event)).toEqual([['agent-versions']]);
});
