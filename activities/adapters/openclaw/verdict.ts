import { z } from 'zod';

/** One fault in OpenClaw's words: a dotted path (`<root>` for the document) and a sentence. */
export const Issue = z.object({ path: z.string().default(''), message: z.string() });
export type Issue = z.infer<typeof Issue>;

const Verdict = z.object({ valid: z.boolean(), issues: z.array(Issue).default([]) });
export type Verdict = z.infer<typeof Verdict>;

const candidateLimit = 1_000;

/**
 * The last object in a program's output that reads as a verdict. Log lines, themselves JSON, may stand around it, and
 * the verdict takes one line when valid, many when not; it always begins a line.
 */
export function lastVerdict(output: string): Verdict | null {
  const starts = [...output.matchAll(/^\{/gm)].map(({ index }) => index).slice(-candidateLimit);
  for (const start of starts.toReversed()) {
    const end = endOfObject(output, start);
    const verdict = end === null ? null : Verdict.safeParse(parse(output.slice(start, end)));
    if (verdict?.success) return verdict.data;
  }
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller looks further
  }
}

/** Behind the brace that closes the one at `start`; braces in strings do not count. Null when it never closes. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return null;
}
