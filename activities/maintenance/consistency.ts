import { recordDrift, type Found, type Recorded } from '../../server/consistency/commands/record-drift.ts';
import type { Resources } from '../runtimes/runtime.ts';
import { activeOperationPhases, type Power } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { MaintenanceResult } from '../../workflows/contracts/maintenance.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { UnifiedConfiguration } from '../adapters/configuration.ts';
import type { Deps } from '../deps.ts';
import { gatewayTokenOf } from '../instances/target.ts';
import { failureOf } from '../steps/failure.ts';
import type { MaintenanceRun } from './maintenance-run.ts';
import { movedImage } from './moved-image.ts';

const pageSize = 100;
/** Each costs the cluster seven small reads and the agent one. */
const atOnce = 8;

interface Candidate {
  tenantId: string;
  projectId: string;
  instanceId: string;
  name: string;
  clusterId: string;
  agentKind: string;
  power: Power;
  ready: boolean | null;
  revision: number;
  configuration: UnifiedConfiguration;
  resources: Resources;
  version: string;
  image: string | null;
  package: string | null;
  digest: string | null;
  pinnedImage: string | null;
  pinnedImageId: string | null;
}

/** Where a run has got to: an attempt that is cut off is gone on with. */
interface Position {
  after: string;
  counts: MaintenanceResult;
}

/** Compares every instance with what it should be, or one when it is named. */
export async function checkConsistency(deps: Deps, run: MaintenanceRun): Promise<MaintenanceResult> {
  const { instanceId } = run.input;
  const begun = run.resumedFrom as Position | undefined;
  const counts: MaintenanceResult = begun?.counts ?? { checked: 0, drifted: 0, repaired: 0, unknown: 0 };
  /** Clusters that did not answer are not asked again in this run. */
  const silent = new Set<string>();
  let after = begun?.after ?? null;
  for (;;) {
    const page = await candidates(deps, { after, instanceId });
    const waiting = [...page];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        run.signal.throwIfAborted();
        count(counts, await check(deps, next, silent, run.signal));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    after = page.at(-1)?.instanceId ?? null;
    if (after === null || page.length < pageSize) return counts;
    run.reached({ after, counts } satisfies Position);
  }
}

function count(counts: MaintenanceResult, recorded: Recorded): void {
  if (recorded === 'moved-on') return;
  const add = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
  add('checked');
  if (recorded === 'repaired') add('drifted');
  if (recorded !== 'consistent') add(recorded);
}

/** In order of id; those that an operation is changing are left to the next run. */
const candidates = (
  { db }: Deps,
  { after, instanceId }: { after: string | null; instanceId: string | undefined },
): Promise<Candidate[]> =>
  db.transaction(platformScope(), (tx) =>
    tx.query<Candidate>(
      `select i.tenant_id as "tenantId", i.project_id as "projectId", i.id as "instanceId", i.name,
         i.cluster_id as "clusterId", i.agent_kind as "agentKind", i.power, s.ready, i.revision, r.configuration, r.resources,
         v.version, case when v.image_digest is null then v.image else v.image || '@' || v.image_digest end as image,
         v.package,
         v.image_digest as digest, d.image as "pinnedImage", d.image_id as "pinnedImageId"
       from instances i
         join revisions r on r.tenant_id = i.tenant_id and r.instance_id = i.id and r.number = i.revision
         join agent_versions v on v.id = r.agent_version_id
         left join observed_states s on s.tenant_id = i.tenant_id and s.instance_id = i.id
         left join drifts d on d.tenant_id = i.tenant_id and d.instance_id = i.id
       where i.deleted_at is null and i.phase not in ('Failed', 'Provisioning', 'Deleting', 'Deleted')
         and (?::uuid is null or i.id > ?::uuid) and (?::uuid is null or i.id = ?::uuid)
         and not exists (select from operations o where o.instance_id = i.id and o.phase = any (array[?]::text[]))
       order by i.id limit ${pageSize}`,
      [after, after, instanceId ?? null, instanceId ?? null, [...activeOperationPhases]],
    ),
  );

/** One that cannot be compared, for whatever reason, must not keep the others from it. */
async function check(deps: Deps, candidate: Candidate, silent: Set<string>, signal: AbortSignal): Promise<Recorded> {
  const { tenantId, instanceId, revision, clusterId } = candidate;
  const record = (found: Found | null): Promise<Recorded> =>
    deps.db.transaction(platformScope(), (tx) => recordDrift(tx, { tenantId, instanceId, revision, found }));
  try {
    return await record(silent.has(clusterId) ? null : await compare(deps, candidate, signal));
  } catch (error) {
    tell(error);
    if (error instanceof Problem && error.code === 'cluster.unavailable') silent.add(clusterId);
  }
  try {
    // Nobody can say; the row keeps what was known, and says since when.
    return await record(null);
  } catch (error) {
    tell(error);
    return 'unknown';
  }

  /** Without the database, or when it is told to stop, the run ends, and is gone on with. */
  function tell(error: unknown): void {
    const { code } = failureOf(error, 1).error;
    if (signal.aborted || code === 'server.unavailable') throw error;
    const foreseen = error instanceof Problem;
    deps.log[foreseen ? 'info' : 'error'](
      { instanceId, code, err: foreseen ? undefined : error },
      'an instance could not be compared',
    );
  }
}

async function compare(deps: Deps, candidate: Candidate, signal: AbortSignal): Promise<Found> {
  const { tenantId, projectId, instanceId, name, power, revision, configuration, resources } = candidate;
  const { version, image, package: fromPackage } = candidate;
  const adapter = deps.adapterOf(candidate.agentKind);
  const runtime = await deps.runtimes.for(candidate.clusterId);
  const ref = { tenantId, projectId, instanceId, name };
  const agentVersion = { version, image, package: fromPackage };
  const spec = adapter.rules.workload({ agentVersion, configuration, revision, resources });
  const { differences, imageId } = await runtime.compare(ref, { spec, power }, signal);
  const pinned = candidate.pinnedImage === image ? candidate.pinnedImageId : null;
  const found: Found = {
    differences,
    beyondSync: image === null ? [] : movedImage({ image, digest: candidate.digest, pinned, found: imageId }),
    image,
    imageId,
  };
  if (differences.length > 0 || power === 'off' || !candidate.ready) return found;

  const rendered = adapter.rules.render(configuration);
  const gatewayToken = await gatewayTokenOf(deps, ref);
  const proof = await adapter.prove({ runtime, ref, port: spec.port, gatewayToken }, rendered, signal);
  if (proof.state === 'live') return found;
  const said = proof.state === 'pending' ? proof.reason : proof.faults.map(({ detail }) => detail).join('; ');
  return { ...found, differences: [{ what: 'configuration', wanted: rendered.hash, found: said }] };
}
