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

// PostgreSQL cannot hold U+0000 in text, so that it is refused here, once.
const holdsNul = /(?<!\\)(\\\\)*\\u0000/;

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
  if (holdsNul.test(raw)) {
    throw new Problem('request.invalid', undefined, {
      faults: [{ pointer: '', detail: 'U+0000 is not allowed' }],
    });
  }
  return { value: raw === '' ? undefined : ctx.request.body, raw };
}
