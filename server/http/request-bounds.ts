import { Problem } from '../../workflows/contracts/problem.ts';
import type { HttpMiddleware } from './context.ts';

/** A list with all of its filters and a cursor takes half of it. */
export const longestAddress = 8_192;
export const mostHeaders = 100;

/** What a request may be before anybody looks at what it asks for; Node itself refuses heads beyond `headBytes`. */
export const requestBounds: HttpMiddleware = async ({ req }, next) => {
  if ((req.url ?? '').length > longestAddress) {
    throw new Problem('request.address-too-long', `${longestAddress} characters at most.`);
  }
  if (req.rawHeaders.length / 2 > mostHeaders) {
    throw new Problem('request.too-many-headers', `${mostHeaders} at most.`);
  }
  await next();
};
