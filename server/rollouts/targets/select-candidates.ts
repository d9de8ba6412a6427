import { Problem } from '../../../workflows/contracts/problem.ts';
import { condition, type Condition } from '../../http/list.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { RolloutSelection } from '../rollout.types.ts';
import type { AgentVersionOf, Candidate, RevisionContent } from './candidate.ts';

const targetsAtMost = 5_000;

type Row = Omit<Candidate, 'present' | 'agentVersion'> & RevisionContent & Omit<AgentVersionOf, 'kind'>;

/**
 * The instances that a selection names, by project and name: one statement, however many.
 * @throws Problem 'rollout.no-targets', 'rollout.too-many-targets', 'instance.unknown'
 */
export async function selectCandidates(
  tx: Transaction,
  tenantId: string,
  selection: RolloutSelection,
): Promise<Candidate[]> {
  const where = [...conditions(tenantId, selection)];
  const rows = await tx.query<Row>(
    `select i.id as "instanceId", i.name, i.labels, i.project_id as "projectId", p.name as "projectName",
       i.agent_kind as "agentKind", c.runtime, i.phase, i.power, i.revision, i.live_revision as "liveRevision", i.rollbacks,
       i.deleted_at is not null as deleted, r.agent_version_id as "agentVersionId", v.version, v.image, v.package,
       r.configuration,
       r.configuration_hash as "configurationHash", r.resources, r.secret_names as "secretNames",
       r.template_id as "templateId", r.template_version as "templateVersion", r.variables, r.overrides, r.provenance
     from instances i
     join projects p on p.tenant_id = i.tenant_id and p.id = i.project_id
     join revisions r on r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number = i.revision
     join agent_versions v on v.id = r.agent_version_id
     join clusters c on c.id = i.cluster_id
     where ${where.map(({ sql }) => sql).join(' and ')}
     order by p.name, i.name, i.id limit ?`,
    [...where.flatMap(({ parameters }) => parameters), targetsAtMost + 1],
  );
  requireNamed(selection, rows);
  if (rows.length === 0) throw new Problem('rollout.no-targets');
  if (rows.length > targetsAtMost) throw new Problem('rollout.too-many-targets', `At most ${targetsAtMost}.`);
  return rows.map(candidateOf);
}

/** The one project that all selected instances belong to; null where there are several. One statement. */
export async function projectOfSelection(
  tx: Transaction,
  tenantId: string,
  selection: RolloutSelection,
): Promise<string | null> {
  const where = [...conditions(tenantId, selection)];
  const projects = await tx.query<{ id: string }>(
    `select distinct i.project_id as id from instances i
     join revisions r on r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number = i.revision
     where ${where.map(({ sql }) => sql).join(' and ')} limit 2`,
    where.flatMap(({ parameters }) => parameters),
  );
  if (projects.length > 1) return null;
  return projects[0]?.id ?? selection.projectId ?? null;
}

function* conditions(tenantId: string, selection: RolloutSelection): Iterable<Condition> {
  const { instanceIds, projectId, labels, templateId, templateVersion, agentVersionId, clusterId } = selection;
  yield condition('i.tenant_id = ?', tenantId);
  // Whoever names a deleted one is told so; the other conditions mean those that there are.
  if (!instanceIds) yield condition(`i.deleted_at is null and i.phase not in ('Deleting', 'Deleted')`);
  if (instanceIds) yield condition('i.id = any (?::uuid[])', `{${instanceIds.join(',')}}`);
  if (projectId) yield condition('i.project_id = ?', projectId);
  if (labels) yield condition('i.labels @> ?::jsonb', JSON.stringify(labels));
  if (templateId) yield condition('i.template_id = ?', templateId);
  if (templateVersion) yield condition('i.template_version = ?', templateVersion);
  if (agentVersionId) yield condition('r.agent_version_id = ?', agentVersionId);
  if (clusterId) yield condition('i.cluster_id = ?', clusterId);
}

/** With instances named one by one, one that is not there is a mistake, unless a further condition leaves it out. */
function requireNamed({ instanceIds, ...further }: RolloutSelection, rows: readonly Row[]): void {
  if (!instanceIds || Object.keys(further).length > 0) return;
  const found = new Set(rows.map(({ instanceId }) => instanceId));
  const faults = instanceIds.flatMap((id, index) =>
    found.has(id.toLowerCase())
      ? []
      : [{ pointer: `/selection/instanceIds/${index}`, detail: 'There is no such instance in the tenant.' }],
  );
  if (faults.length > 0) throw new Problem('instance.unknown', undefined, { faults: faults.slice(0, faultsAtMost) });
}

const faultsAtMost = 100;

const candidateOf = (row: Row): Candidate => ({
  instanceId: row.instanceId,
  name: row.name,
  labels: row.labels,
  projectId: row.projectId,
  projectName: row.projectName,
  agentKind: row.agentKind,
  runtime: row.runtime,
  phase: row.phase,
  power: row.power,
  revision: row.revision,
  liveRevision: row.liveRevision,
  rollbacks: row.rollbacks,
  deleted: row.deleted,
  agentVersion: { kind: row.agentKind, version: row.version, image: row.image, package: row.package },
  present: {
    agentVersionId: row.agentVersionId,
    configuration: row.configuration,
    configurationHash: row.configurationHash,
    resources: row.resources,
    secretNames: row.secretNames,
    templateId: row.templateId,
    templateVersion: row.templateVersion,
    variables: row.variables,
    overrides: row.overrides,
    provenance: row.provenance,
  },
});
