import { z } from 'zod';
import type { ExitMeaning } from '../adapter.ts';

/** Configuration, authentication or data that OpenClaw refuses to run with: another start cannot help. */
const misconfiguredExitCode = 78;

/** It gives its own helper process five seconds to begin, which a machine under load cannot always keep. */
const outOfTime = 'state lease heartbeat did not become ready';

const detailLimitCharacters = 1_000;

/** @param lastLines the end of the process's output, oldest first */
export function classifyExit(exitCode: number, lastLines: string[]): ExitMeaning {
  if (exitCode === 0) return { meaning: 'clean', detail: null };
  const detail = exitDetail(lastLines);
  const refused = exitCode === misconfiguredExitCode && !detail?.includes(outOfTime);
  return { meaning: refused ? 'misconfigured' : 'crashed', detail };
}

/** The last thing that the agent itself calls an error and that is more than advice for a shell. */
export function exitDetail(lines: string[]): string | null {
  const errors = lines.flatMap((line) => {
    const sentence = errorOf(line);
    return sentence ? [sentence] : [];
  });
  const said = errors.findLast((sentence) => sentence.startsWith('Gateway failed to start')) ?? errors.at(-1);
  return said?.slice(0, detailLimitCharacters) ?? null;
}

const ConsoleLine = z.object({ level: z.enum(['error', 'fatal']), message: z.string() });

/** Console lines are JSON; what dies below the logger (V8 out of memory, an uncaught exception) writes plain text. */
function errorOf(line: string): string | null {
  const start = line.indexOf('{"');
  if (start === -1) return /(fatal error|uncaught|\w*Error: )/i.test(line) ? line.trim() : null;
  try {
    const parsed = ConsoleLine.safeParse(JSON.parse(line.slice(start)));
    return parsed.success ? withoutAdvice(parsed.data.message) : null;
  } catch {
    return null; // half a line, cut off at the start of the tail
  }
}

/** Nobody can run `openclaw doctor` in an instance that the platform owns. */
function withoutAdvice(message: string): string | null {
  const sentences = message
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(Run |If startup is still blocked)/.test(line.trim()))
    .map((line) => line.trim().replace(/ Run openclaw [a-z -]+ for diagnostics\.$/, ''));
  return sentences.length > 0 ? sentences.join(' ') : null;
}
