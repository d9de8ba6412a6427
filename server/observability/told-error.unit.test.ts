import { describe, expect, it } from 'vitest';
import { toldError } from './told-error.ts';

describe('an error in the log', () => {
  it('is its kind, sentence and place, and those of its causes', () => {
    const cause = Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' });
    const told = toldError(new Error('the cluster is away', { cause }));
    expect(told).toMatchObject({
      type: 'Error',
      message: 'the cluster is away',
      cause: { type: 'TypeError', message: 'fetch failed', code: 'ECONNREFUSED' },
    });
    expect(told.stack).toMatch(/^\s+at .*told-error/);
    const several = new AggregateError([cause], 'nobody answers');
    expect(toldError(several).errors).toMatchObject([{ code: 'ECONNREFUSED' }]);
  });

  it('is nothing of what a library has hung on it', () => {
    const secret = 'sk-of-acme';
    const error = Object.assign(new Error('no'), {
      query: `insert into secrets values ('${secret}')`,
      parameters: [secret],
      detail: `Key (name)=(${secret})`,
      response: { body: secret },
      headers: { authorization: secret },
    });
    expect(JSON.stringify(toldError(new Error('outer', { cause: error })))).not.toContain(secret);
  });

  it('is no value that the database quotes, in sentence or stack', () => {
    const error = Object.assign(new Error('invalid input syntax for type json: "sk-of-acme"'), {
      code: '22P02',
      severity: 'ERROR',
    });
    expect(toldError(error)).toMatchObject({ message: 'the database refused a value (22P02)', code: '22P02' });
    const duplicate = Object.assign(new Error('duplicate key value violates unique constraint "tenants_name"'), {
      code: '23505',
      severity: 'ERROR',
      constraint: 'tenants_name',
      detail: 'Key (name)=(sk-of-acme) already exists.',
    });
    expect(toldError(duplicate)).toMatchObject({ constraint: 'tenants_name' });
    expect(JSON.stringify([toldError(error), toldError(duplicate)])).not.toContain('sk-of-acme');
  });

  it('ends somewhere, and takes what is no error for what it is', () => {
    const round = new Error('round');
    round.cause = round;
    expect(JSON.stringify(toldError(round)).length).toBeLessThan(20_000);
    expect(toldError('sk-of-acme')).toEqual({ type: 'string', message: 'no error was thrown, but something else' });
  });
});
