import { z } from 'zod';
import { condition, readPage } from '../http/list.ts';
import { byId, timeOf } from '../http/fields.ts';
import { mapPage, pageOf, pageQuery } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { accepted, type TemporalUi } from '../operations/operation.presenter.ts';
import { OperationAccepted } from '../operations/operation.schema.ts';
import { requesterOf } from '../operations/requester.ts';
import { rollbackInstance } from './commands/rollback-instance.ts';
import { presentResources, ResourcesOutput } from './quantities.ts';
import type { Resources } from '../../activities/runtimes/runtime.ts';
import { requireInstance } from './require-instance.ts';

const RollbackRequest = z
  .strictObject({
    revision: z.int().min(1).optional().describe('Left out: the one that the present one came after'),
    discardNewState: z
      .boolean()
      .default(false)
      .describe('Go back though the instance has done new work since the copy of its state; the newer state is kept'),
  })
  .meta({ id: 'RollbackRequest' });

const RevisionSummary = z
  .strictObject({
    number: z.int(),
    agentVersionId: z.uuid(),
    agentVersion: z.string(),
    configurationHash: z.string(),
    templateId: z.uuid().nullable(),
    templateVersion: z.int().nullable(),
    resources: ResourcesOutput,
    createdAt: z.iso.datetime(),
    createdBy: z.string().nullable(),
  })
  .meta({ id: 'RevisionSummary' });

interface RevisionRow {
  number: number;
  agentVersionId: string;
  agentVersion: string;
  configurationHash: string;
  templateId: string | null;
  templateVersion: number | null;
  resources: Resources;
  createdAt: Date | string;
  createdBy: string | null;
}

export const rollbackRoutes = ({ temporalUi }: { temporalUi: TemporalUi | null }): Route[] => [
  route({
    method: 'get',
    path: '/instances/:id/revisions',
    operationId: 'listInstanceRevisions',
    summary: 'Every revision of an instance, the newest first',
    permission: 'instance:read',
    params: byId,
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(RevisionSummary, 'RevisionList') },
    errors: ['instance.unknown', 'request.cursor-invalid'],
    async handle({ input, tx, authorize }) {
      authorize(await requireInstance(tx, input.params.id));
      const page = await readPage<RevisionRow>(tx, {
        name: 'revisions',
        select: `r.number, r.agent_version_id as "agentVersionId", v.version as "agentVersion",
          r.configuration_hash as "configurationHash", r.template_id as "templateId",
          r.template_version as "templateVersion", r.resources, r.created_at as "createdAt",
          (select o.requested_by_name from operations o where o.instance_id = r.instance_id and o.revision = r.number
           order by o.created_at limit 1) as "createdBy"`,
        from: 'revisions r join agent_versions v on v.id = r.agent_version_id',
        where: [condition('r.instance_id = ?', input.params.id)],
        sort: { keys: [{ sql: 'r.number', cast: 'bigint' }], descending: true },
        limit: input.query.limit,
        cursor: input.query.cursor,
      });
      const present = ({ resources, createdAt, ...row }: RevisionRow) => ({
        number: row.number,
        agentVersionId: row.agentVersionId,
        agentVersion: row.agentVersion,
        configurationHash: row.configurationHash,
        templateId: row.templateId,
        templateVersion: row.templateVersion,
        resources: presentResources(resources),
        createdAt: timeOf(createdAt),
        createdBy: row.createdBy,
      });
      return { status: 200, body: mapPage(page, present) };
    },
  }),
  route({
    method: 'post',
    path: '/instances/:id/rollback',
    operationId: 'rollbackInstance',
    summary:
      'Go back to an earlier revision, with the state of that time where the version of the agent was another one',
    permission: 'instance:update',
    params: byId,
    body: RollbackRequest,
    responses: { 202: OperationAccepted },
    errors: [
      'request.unfit',
      'instance.unknown',
      'instance.deleted',
      'instance.busy',
      'instance.state-conflict',
      'backup.unknown',
      'agent.version-withdrawn',
      'quota.exceeded',
      'tenant.busy',
    ],
    async handle(context) {
      const { input, caller, tx, authorize } = context;
      authorize(await requireInstance(tx, input.params.id));
      const order = { id: input.params.id, ...input.body, by: requesterOf(context) };
      return accepted(await rollbackInstance(tx, order), caller, temporalUi);
    },
  }),
];
