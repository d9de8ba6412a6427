import { expect, it } from 'vitest';
import { csvLine } from './csv-line.ts';

it('quotes texts, and keeps numbers and nothing as they are', () => {
  expect(csvLine(['a "b", c', 'two\nlines', 7, null, undefined, { a: 1 }])).toBe(
    '"a ""b"", c","two\nlines",7,,,"{""a"":1}"\r\n',
  );
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', "=cmd|' /C calc'!A0", '|x'])(
  'keeps a spreadsheet from taking %j for a formula',
  (text) => {
    expect(csvLine([text])).toBe(`"'${text}"\r\n`);
  },
);
