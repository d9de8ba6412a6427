import { describe, expect, it } from 'vitest';
import { looksLike } from './look-alike.ts';

describe('two names', () => {
  it.each([
    ['operator', 'Operator'],
    ['operator', 'оperator'],
    ['OPERATOR', 'ОРЕRATOR'],
    ['viewer', 'vіewer'],
    ['Night shift', 'Nіght shіft'],
    ['café', 'cafe\u0301'],
    ['admin', 'ａｄｍｉｎ'],
    ['Bill', 'BiIl'],
    ['Twice', 'ТWICE'],
  ])('are one to whoever reads them: %s and %s', (one, other) => {
    expect(looksLike(one, other)).toBe(true);
  });

  it.each([
    ['operator', 'operators'],
    ['on call', 'on-call'],
    ['值班', '值日'],
    ['дежурный', 'дежурная'],
    ['café', 'cafe'],
  ])('are two where they can be told apart: %s and %s', (one, other) => {
    expect(looksLike(one, other)).toBe(false);
  });
});
