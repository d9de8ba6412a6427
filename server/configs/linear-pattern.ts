import { RE2JS } from 're2js';

const maxProgramSize = 2_000;

/**
 * Regular expressions that run in time linear to the text, whatever the pattern: those of the language itself can be
 * made to run for ever, and these are written by tenants.
 * @throws Error for what RE2 has not (references back, looking ahead) and for what grows too large
 */
export function linearPattern(pattern: string): { test: (text: string) => boolean } {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  // Linear in the text times this.
  if (compiled.programSize() > maxProgramSize) throw new Error('too large; repeat less');
  return { test: (text) => compiled.matcher(text).find() };
}
