import { globSync, readFileSync } from 'node:fs';
import { isSafe } from 'redos-detector';
import { describe, expect, it } from 'vitest';
import { checkout } from '../../deploy/local/directories.ts';
import { openApiDocument } from '../../server/http/openapi.ts';
import { linearPattern } from '../../server/configs/linear-pattern.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';

const document = JSON.stringify(openApiDocument(allRoutes({} as RouteDeps), 'test'));
const patterns = [...new Map(patternsIn(JSON.parse(document)).map((found) => [found[0], found]))].map(
  ([, found]) => found,
);

/** Each with the length that its text can have at most. */
function patternsIn(value: unknown): [pattern: string, longest: number][] {
  if (typeof value !== 'object' || value === null) return [];
  const { pattern, maxLength = Infinity } = value as { pattern?: unknown; maxLength?: number };
  const within = Object.values(value).flatMap(patternsIn);
  return typeof pattern === 'string' ? [[pattern, maxLength], ...within] : within;
}

/** Sources that run with what people send. */
const sources = globSync('{server,workflows,activities/adapters}/**/*.ts', { cwd: checkout }).filter(
  (file) => !/\.test\.ts$|\/testing\//.test(file),
);

describe('a regular expression', () => {
  it('is made of nothing that somebody sends, but by RE2, which takes time linear to the text', () => {
    const made = sources.filter((file) => /\bRegExp\(/.test(readFileSync(`${checkout}/${file}`, 'utf8')));
    expect(made.toSorted()).toEqual([
      'activities/adapters/described/dialect.ts', // of constants, and a text that is escaped
      'server/configs/config.schema.ts', // of constants
      'server/http/fields.ts', // of constants
    ]);
  });

  it.each(['(a+)+$', '(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){12}'])(
    'of a tenant’s own, such as %s, is refused or has a program of bounded size',
    (bomb) => {
      const text = `${'a'.repeat(100_000)}!`;
      // Measured by what it is compiled to and not by time: each step of the program is taken once for a character.
      expect(() => linearPattern(bomb).test(text)).not.toThrow();
    },
  );

  it('that would become too large is refused', () => {
    expect(() => linearPattern('(((a{30}){30}){30}){30}')).toThrow(/too large|invalid repeat/);
  });

  it.each(patterns)(
    'that input is held against goes back a bounded number of times: %s',
    (pattern, longest) => {
      // How often it can go back, whatever the text; of the addresses of networks, as far as so short a text allows.
      const { score } = isSafe(new RegExp(pattern, 'u'), { maxScore: 3_000, timeout: 20_000 });
      expect(score.infinite && longest > 43).toBe(false);
    },
    60_000,
  );
});
