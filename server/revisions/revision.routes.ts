import { z } from 'zod';
import { ConfigDiff } from '../configs/config.schema.ts';
import { byId } from '../http/fields.ts';
import { route, type Route } from '../http/route.ts';
import { requireInstance } from '../instances/require-instance.ts';
import { diffRevisions } from './diff-revisions.ts';

const number = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);

const RevisionDiffQuery = z.strictObject({ from: number.describe('The number of a revision'), to: number });

export const revisionRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/instances/:id/revisions/diff',
    operationId: 'diffInstanceRevisions',
    summary: 'What differs between two revisions of an instance: version, resources, template, configuration in effect',
    permission: 'instance:read',
    params: byId,
    query: RevisionDiffQuery,
    responses: { 200: ConfigDiff },
    errors: ['instance.unknown', 'instance.revision-unknown'],
    async handle({ input, tx, authorize }) {
      const instance = await requireInstance(tx, input.params.id);
      authorize(instance);
      return { status: 200, body: await diffRevisions(tx, instance, input.query) };
    },
  }),
];
