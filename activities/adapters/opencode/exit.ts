import { stripVTControlCharacters } from 'node:util';
import type { ExitMeaning } from '../adapter.ts';

const detailLimitCharacters = 1_000;

/** It has no way of its own to end: a SIGTERM just ends it, which the system calls 128 + 15. */
const ended = new Set([0, 143]);

/** `serve` never ends over its configuration (see `proof.ts`); commands that read it at once do, in these words. */
const refusal = /Configuration is invalid at|is not valid JSON\(C\)/;

export function classifyExit(exitCode: number, lastLines: string[]): ExitMeaning {
  if (ended.has(exitCode)) return { meaning: 'clean', detail: null };
  const lines = lastLines.map((line) => stripVTControlCharacters(line).trim());
  const detail = lines.findLast((line) => /error/i.test(line))?.slice(0, detailLimitCharacters) ?? null;
  return { meaning: lines.some((line) => refusal.test(line)) ? 'misconfigured' : 'crashed', detail };
}
