import { describe, expect, it } from 'vitest';
import { checkVariables, variableSchemaFaults } from './variable-check.ts';

const schema = {
  type: 'object',
  required: ['model'],
  properties: {
    model: { type: 'string', enum: ['house/small', 'house/large'] },
    beats: { type: 'integer', minimum: 0, maximum: 60, default: 5 },
    site: { type: 'string', format: 'uri' },
    code: { type: 'string', pattern: '^[A-Z]{2}-\\d+$' },
  },
};

describe('the schema of variables', () => {
  it('fills in defaults and leaves what was given alone', () => {
    const given = { model: 'house/small' };
    expect(checkVariables(schema, given)).toEqual({ values: { model: 'house/small', beats: 5 }, faults: [] });
    expect(given).toEqual({ model: 'house/small' });
  });

  it('without a word in it knows no variable', () => {
    expect(checkVariables({}, {}).faults).toEqual([]);
    expect(checkVariables({}, { any: 1 }).faults).toEqual([{ pointer: '/any', detail: 'No such variable.' }]);
  });

  it.each([
    ['a missing one', {}, '/model'],
    ['another type', { model: 'house/small', beats: '5' }, '/beats'],
    ['a value outside of the list', { model: 'other' }, '/model'],
    ['one that nobody declared', { model: 'house/small', colour: 'red' }, '/colour'],
    ['another format', { model: 'house/small', site: 'not a site' }, '/site'],
    ['what the pattern does not match', { model: 'house/small', code: 'ab-1' }, '/code'],
    ['a text without end', { model: 'x'.repeat(5_000) }, '/model'],
    ['a list without end', { model: Array.from({ length: 1_001 }, () => 1) }, '/model'],
    ['too much altogether', { model: Array.from({ length: 900 }, () => 'x'.repeat(100)) }, ''],
  ])('finds %s at its place', (_case, given, pointer) => {
    expect(checkVariables(schema, given).faults.map((fault) => fault.pointer)).toContain(pointer);
  });

  const property = (one: unknown) => ({ properties: { x: one } });
  const deep = Array.from({ length: 30 }).reduce<object>((inner) => ({ items: inner, type: 'array' }), {});
  it.each([
    ['a reference', property({ $ref: 'https://example.com/schema.json' }), '/properties/x/$ref'],
    ['a reference to itself', { properties: {}, $ref: '#' }, '/$ref'],
    ['an unknown keyword', property({ kind: 'string' }), '/properties/x/kind'],
    ['another root than an object', { type: 'array' }, '/type'],
    ['a schema that is none', property('string'), '/properties/x'],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, ''],
    ['a type that is none', property({ type: 'text' }), '/properties/x/type'],
    ['a pattern that looks back', property({ type: 'string', pattern: '(a)\\1' }), '/properties/x/pattern'],
    [
      'a pattern that grows too large',
      property({ type: 'string', pattern: '(a{1000}){1000}' }),
      '/properties/x/pattern',
    ],
    ['an unknown format', property({ type: 'string', format: 'colour' }), ''],
    ['a default that does not match', property({ type: 'integer', default: 'x' }), '/properties/x/default'],
    ['one nested without end', property(deep), ''],
    ['one as long as a book', { description: 'x'.repeat(40_000) }, ''],
    [
      'schemas without end',
      { properties: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`v${n}`, {}])) },
      '',
    ],
    ['patterns without end', { allOf: Array.from({ length: 30 }, () => ({ pattern: 'a' })) }, ''],
  ])('is refused with %s', (_case, wrong, pointer) => {
    expect(variableSchemaFaults(wrong).map((fault) => fault.pointer)).toContain(pointer);
  });

  it('cannot be used to keep the process busy', () => {
    const evil = property({ type: 'string', pattern: '^(a+)+(b|a+)*$' });
    expect(variableSchemaFaults(evil)).toEqual([]);
    const began = performance.now();
    expect(checkVariables(evil, { x: `${'a'.repeat(3_990)}!` }).faults).toHaveLength(1);
    // Seconds would do; by backtracking it would not end in the life of the universe.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
