import { describe, expect, it } from 'vitest';

import { Problem } from '../../../workflows/contracts/problem.ts';
import { problemOf, StatusError } from './faults.ts';

const quiet = new AbortController().signal;
const codeOf = (error: unknown): string => {
  const problem = problemOf(error, quiet);
  return problem instanceof Problem ? problem.code : 'none';
};
const status = (code: number, message = '', reason = ''): StatusError =>
  new StatusError(code, JSON.stringify({ reason, message }));
const network = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('a fault of the cluster', () => {
  it.each([
    ['an unreadable 401', new StatusError(401, ''), 'cluster.denied'],
    ['missing rights', status(403, 'pods is forbidden: User "x" cannot list resource "pods"'), 'cluster.denied'],
    ['a used up quota', status(403, 'pods "a" is forbidden: exceeded quota: objects'), 'cluster.quota-exceeded'],
    ['a quota not counted yet', status(403, 'forbidden: status unknown for quota: objects'), 'cluster.unavailable'],
    [
      'the restricted profile',
      status(403, 'pods "a" is forbidden: violates PodSecurity "restricted"'),
      'cluster.refused',
    ],
    ['a missing namespace', status(404, 'namespaces "a" not found'), 'cluster.refused'],
    ['endless collisions', status(409, 'the object has been modified'), 'cluster.unavailable'],
    ['an invalid object', status(422, 'spec.replicas: invalid'), 'cluster.refused'],
    ['too many requests', status(429), 'cluster.unavailable'],
    ['an unknown field', status(500, 'failed to create typed patch object (x): field not declared'), 'cluster.refused'],
    ['a failing server', status(500, 'etcdserver: leader changed'), 'cluster.unavailable'],
    ['a page of a proxy', new StatusError(502, '<html>'), 'cluster.unavailable'],
    ['a refused connection', network('ECONNREFUSED'), 'cluster.unavailable'],
    [
      'a refused connection, wrapped',
      new TypeError('fetch failed', { cause: network('ECONNRESET') }),
      'cluster.unavailable',
    ],
    ['no answer', new DOMException('late', 'TimeoutError'), 'cluster.unavailable'],
    ['a wrong certificate', network('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'cluster.unavailable'],
  ])('%s is %3$s', (_, error, code) => {
    expect(codeOf(error)).toBe(code);
  });

  it('is not made of a programming error', () => {
    const error = new TypeError('undefined is not a function');
    expect(problemOf(error, quiet)).toBe(error);
  });

  it('is not made of the caller’s own cancellation', () => {
    const reason = new Error('cancelled');
    expect(problemOf(network('ECONNRESET'), AbortSignal.abort(reason))).toBe(reason);
  });
});
