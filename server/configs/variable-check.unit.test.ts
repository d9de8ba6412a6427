import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
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

/** Ajv makes a program of a schema: what a tenant has written there has to stay text in it. */
describe('a text in the schema of variables', () => {
  const marks = globalThis as { ran?: number };
  afterEach(() => {
    delete marks.ran;
  });

  const ways = [
    '"+(globalThis.ran=1)+"',
    "'+(globalThis.ran=1)+'",
    '${globalThis.ran=1}',
    '`+(globalThis.ran=1)+`',
    '\\"+(globalThis.ran=1)//',
    '*/globalThis.ran=1/*',
    '\nglobalThis.ran=1\n//',
    '\u2028globalThis.ran=1\u2028//',
    '"];globalThis.ran=1;["',
    '/;globalThis.ran=1;/',
    '}};globalThis.ran=1;{{',
  ];
  /** Every place of a schema where any text can stand. */
  const everywhere = (text: string) => ({
    $comment: text,
    title: text,
    description: text,
    examples: [text],
    required: [text],
    properties: {
      [text]: { enum: [text, { [text]: text }], title: text },
      const: { const: text },
      default: { type: 'string', default: text },
      literal: { type: 'object', default: { [text]: text }, properties: { [text]: { const: text } } },
      list: { type: 'array', items: { const: text }, uniqueItems: true },
      either: { anyOf: [{ const: text }, { const: [text] }] },
    },
  });

  const expectTextToStay = (text: string) => {
    const hostile = everywhere(text);
    expect(variableSchemaFaults(hostile)).toEqual([]);
    const good = { [text]: text, const: text, list: [text], either: [text] };
    const { faults, values } = checkVariables(hostile, good);
    expect(faults).toEqual([]);
    expect(values).toMatchObject({ default: text, literal: { [text]: text } });
    expect(checkVariables(hostile, { ...good, const: `${text}!` }).faults).toMatchObject([{ pointer: '/const' }]);
    expect(checkVariables(hostile, {}).faults.length).toBeGreaterThan(0);
    expect(marks.ran).toBeUndefined();
  };

  it.each(ways)('is no part of the program that it is compiled to: %j', (text) => expectTextToStay(text));

  it('is none either where the ways out are put together at random', () => {
    const pieces = fc.array(fc.constantFrom(...ways, '"', "'", '`', '\\', '${', '}', '/', '*/', '\n', '$', '~1', 'a'), {
      minLength: 1,
      maxLength: 4,
    });
    const names = ['const', 'default', 'literal', 'list', 'either', '__proto__'];
    fc.assert(
      fc.property(
        pieces.map((all) => all.join('').slice(0, 100)).filter((text) => !names.includes(text)),
        expectTextToStay,
      ),
      { numRuns: 60 },
    );
  });

  it.each(ways)('is refused, or taken for nothing else, as a pattern, a format, a type or a keyword: %j', (text) => {
    for (const one of [
      { type: 'string', pattern: text },
      { type: 'string', format: text },
      { type: text },
      { [text]: 1 },
    ])
      if (variableSchemaFaults({ properties: { x: one } }).length === 0)
        checkVariables({ properties: { x: one } }, { x: text });
    expect(marks.ran).toBeUndefined();
  });
});
