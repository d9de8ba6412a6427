import { z } from 'zod';
import { isProblemCode, problems, type ProblemCode } from '../../workflows/contracts/problems.ts';

const problemCodes = Object.keys(problems).filter(isProblemCode);

export const ProblemSchema = z
  .looseObject({
    type: z.string().describe('`urn:open-cluster-claw:problem:` and the code'),
    title: z.string().describe('What happened and what to do, in a sentence'),
    status: z.int(),
    code: z.enum(problemCodes as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().optional(),
    instance: z.string().describe('The request id'),
    errors: z
      .array(
        z.strictObject({
          pointer: z.string().describe('RFC 6901; `/query/…` and `/params/…` outside the body'),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });
