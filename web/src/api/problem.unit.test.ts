import { describe, expect, it } from 'vitest';
import { faultAt, placesAt } from '../ui/faults-by-field.ts';
import { problemOf } from './problem.ts';

const response = (status: number) => new Response(null, { status, headers: { 'X-Request-Id': 'from-header' } });

describe('a problem', () => {
  it('keeps the code, the faults and what else the document holds', () => {
    const body = {
      type: 'urn:x',
      title: 'Busy',
      status: 409,
      code: 'instance.busy',
      instance: 'request-1',
      operationId: 'op-1',
      errors: [{ pointer: '/body/configuration/native/ui', detail: 'unknown' }],
    };
    const problem = problemOf(body, response(409));
    expect(problem).toMatchObject({ code: 'instance.busy', requestId: 'request-1', extra: { operationId: 'op-1' } });
    expect(faultAt(problem, '/configuration/native')).toBe('unknown');
    expect(faultAt(problem, '/configuration/nat')).toBeUndefined();
    expect(placesAt(problem, ['/configuration/native'])).toEqual(['/body/configuration/native/ui']);
  });

  it('is made of an answer that is no problem document', () => {
    expect(problemOf('<html>', response(502))).toMatchObject({
      code: 'portal.unexpected-answer',
      requestId: 'from-header',
      isTransient: true,
    });
  });
});
