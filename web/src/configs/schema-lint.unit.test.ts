import { expect, it } from 'vitest';
import { someConfigurationSchema as schema } from '../testing/configuration-schema.ts';
import { schemaFaults } from './schema-lint.ts';

const faults = (document: unknown) => schemaFaults(schema, document).map(({ pointer, keyword }) => [pointer, keyword]);

it('finds members that are not known, values of the wrong type, and what is missing in a list', () => {
  const found = faults({ agent: { modle: 'a' }, logging: { level: 'loud' }, providers: [{}] });
  expect(found).toHaveLength(3);
  expect(found).toEqual(
    expect.arrayContaining([
      ['/providers/0', 'required'],
      ['/agent/modle', 'false'],
      ['/logging/level', 'enum'],
    ]),
  );
});

it('asks nothing of a layer that sets nothing', () => {
  expect(faults({})).toEqual([]);
});

it('lets a reference to a variable stand for any value', () => {
  expect(faults({ agent: { model: { $variable: 'model' } }, providers: { $variable: 'providers' } })).toEqual([]);
});

it('says once that none of the alternatives fits', () => {
  expect(faults({ environment: { KEY: 5 } })).toEqual([['/environment/KEY', 'anyOf']]);
});

it('points through names with slashes', () => {
  expect(faults({ 'a/b': 1 })).toEqual([['/a~1b', 'false']]);
});
