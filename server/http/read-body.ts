import { bodyParser } from '@koa/bodyparser';
import { Problem } from '../../workflows/contracts/problem.ts';
import { assertShape } from './body-shape.ts';
import type { HttpContext } from './context.ts';

/** Also of what a compressed body unfolds to. */
export const bodyBytes = 256 * 1_024;
const limit = `${bodyBytes}b`;
const methods = ['POST', 'PUT', 'PATCH', 'DELETE'];
const parseJson = bodyParser({ enableTypes: ['json'], jsonLimit: limit, parsedMethods: methods });
const parseJsonOrForm = bodyParser({
  enableTypes: ['json', 'form'],
  jsonLimit: limit,
  formLimit: limit,
  parsedMethods: methods,
});

export interface ReadBody {
  value: unknown;
  raw: string;
}

/** @throws Problem 'request.unsupported-media-type', 'request.malformed', 'request.too-large', 'request.invalid' */
export async function readBody(ctx: HttpContext, takesForm: boolean): Promise<ReadBody> {
  if (ctx.request.length === 0) return { value: undefined, raw: '' };
  // `is` answers null where there is no body, false where it is of another type.
  if (ctx.request.is('application/json', ...(takesForm ? ['application/x-www-form-urlencoded'] : [])) === false) {
    throw new Problem('request.unsupported-media-type');
  }
  try {
    await (takesForm ? parseJsonOrForm : parseJson)(ctx, async () => {});
  } catch (error) {
    const tooLarge = typeof error === 'object' && error !== null && 'status' in error && error.status === 413;
    throw new Problem(tooLarge ? 'request.too-large' : 'request.malformed', undefined, {
      cause: error,
    });
  }
  const raw = ctx.request.rawBody ?? '';
  assertShape(ctx.request.body);
  if (!canBeHeld(ctx.request.body)) {
    const detail = 'U+0000 and halves of characters (lone surrogates) are not allowed';
    throw new Problem('request.invalid', undefined, { faults: [{ pointer: '', detail }] });
  }
  return { value: raw === '' ? undefined : ctx.request.body, raw };
}

/**
 * PostgreSQL cannot hold U+0000 in text, nor half of a pair (a lone surrogate) in JSON, so that they are refused here,
 * once. Without recursion: how deep a body goes is its sender's choice.
 */
function canBeHeld(body: unknown): boolean {
  const waiting = [body];
  for (let value = waiting.pop(); value !== undefined || waiting.length > 0; value = waiting.pop()) {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) return false;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value)) waiting.push(key, member);
  }
  return true;
}
