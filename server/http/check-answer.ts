import { Readable } from 'node:stream';
import type { Answer, Route } from './route.ts';

/**
 * Holds an answer against its declaration, as it will look on the wire. Outside production only: a drift is our fault
 * and fails the tests.
 * @throws Error naming the route and what differs
 */
export function checkAnswer(route: Route, answer: Answer): void {
  const schema = route.responses[answer.status];
  if (schema === undefined) throw drift(route, `answered ${answer.status}, which it does not declare`);
  if (isSomewhere(answer.status) && !answer.headers?.Location) {
    throw drift(route, `answered ${answer.status} without a Location, which it declares`);
  }
  if (schema === null && route.downloads && answer.body instanceof Readable) return;
  if (schema === null) {
    if (answer.body !== undefined)
      throw drift(route, `answered ${answer.status} with a body, which it does not declare`);
    return;
  }
  const result = schema.safeParse(JSON.parse(JSON.stringify(answer.body ?? null)));
  if (!result.success) throw drift(route, result.error.message);
}

/** Statuses that say by `Location` where the new thing is. */
export const isSomewhere = (status: number): boolean => status === 201 || status === 202;

const drift = ({ operationId }: Route, reason: string) =>
  new Error(`${operationId} drifts from its declaration: ${reason}`);
