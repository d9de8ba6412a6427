import { z } from 'zod';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import { faultsOf } from './faults.ts';

interface Declared {
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
}

export interface Input {
  params: unknown;
  query: unknown;
  body: unknown;
}

const nothing = z.strictObject({});

/**
 * All faults of all three parts at once. A part that is not declared must be empty.
 * @throws Problem 'request.invalid'
 */
export function checkInput(declared: Declared, given: Input): Input {
  const faults: Fault[] = [];
  const check = (schema: z.ZodType, value: unknown, prefix: string): unknown => {
    const result = schema.safeParse(value);
    if (!result.success) faults.push(...faultsOf(result.error, prefix));
    return result.data;
  };
  const input = {
    params: check(declared.params ?? nothing, given.params, '/params'),
    query: check(declared.query ?? nothing, given.query, '/query'),
    body: declared.body ? check(declared.body, given.body, '') : undefined,
  };
  if (faults.length > 0) throw new Problem('request.invalid', undefined, { faults });
  return input;
}
