import { randomBytes, randomUUID } from 'node:crypto';
import { adapterOf } from '../../activities/adapters/adapters.ts';
import { specOf, type Wanted } from '../../activities/instances/target.ts';
import { kubernetesRuntime } from '../../activities/runtimes/kubernetes/index.ts';
import type { InstanceRef } from '../../activities/runtimes/runtime.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { Database } from '../../server/persistence/database.ts';
import type { Revision } from '../../server/revisions/revision.entity.ts';
import { loadSealingKey } from '../../server/secrets/sealing-key.ts';
import { seal } from '../../server/secrets/sealing.ts';
import { isTransient, Problem } from '../../workflows/contracts/problem.ts';
import type { ScaleProduct } from './scale-product.ts';

const writersAtOnce = 24;

/**
 * Many instances like one that the product has provisioned: their rows are copied, their objects written by the driver
 * itself, without an operation for each. Ends when the observer has seen all of them ready.
 * @returns the ids, the first one's too
 */
export async function placeInstancesLike(place: ScaleProduct, firstId: string, count: number): Promise<string[]> {
  const { product, tenantId, projectId, agentVersionId, sql, scale } = place;
  const sealingKey = loadSealingKey(product.environment.SECRETS_KEY_FILE ?? '');
  const db = await Database.open({ url: product.environment.DATABASE_URL ?? '', applicationName: 'place-instances' });
  const runtime = kubernetesRuntime({ kubeconfig: scale.platformKubeconfig, ...scale.settings });
  try {
    const refs = Array.from({ length: count - 1 }, (_, index) => ({
      tenantId,
      projectId,
      instanceId: randomUUID(),
      name: `copy-${String(index + 1).padStart(4, '0')}`,
    }));
    const tokens = refs.map(({ instanceId }) =>
      seal(sealingKey, { kind: 'instance', tenantId, instanceId }, randomBytes(32).toString('base64url')),
    );
    await copyRows(place, firstId, refs, tokens);

    const [revision] = await sql<Record<keyof Revision, never>>(
      `select number, configuration, configuration_hash "configurationHash", resources from revisions
       where instance_id = $1 order by number desc limit 1`,
      firstId,
    );
    const [version] = await sql<{ version: string; image: string | null; package: string | null }>(
      'select version, image, package from agent_versions where id = $1',
      agentVersionId,
    );
    if (!revision || !version) throw new Error(`there is no instance ${firstId} to copy`);
    const adapter = adapterOf('openclaw');
    const { configuration, configurationHash, resources, number } = revision;
    const wanted: Wanted = {
      agentVersionId,
      workload: { agentVersion: version, configuration, revision: number, resources },
      rendered: adapter.rules.render(configuration),
      configurationHash,
      provenance: null,
    };
    const signal = AbortSignal.timeout(600_000);
    const fence = { operationId: randomUUID(), generation: 1, assertValid: () => undefined };
    const put = async (ref: InstanceRef): Promise<void> => {
      try {
        await runtime.ensureInstance(ref, await specOf({ db, sealingKey }, { ref, adapter }, wanted), fence, signal);
        await runtime.power(ref, 'on', fence, signal);
      } catch (error) {
        // Hundreds of pods that start at once leave a small machine no time to answer.
        if (!(error instanceof Problem && isTransient(error.code)) || signal.aborted) throw error;
        await put(ref);
      }
    };
    const waiting = [...refs];
    const work = async (): Promise<void> => {
      for (let ref = waiting.shift(); ref; ref = waiting.shift()) await put(ref);
    };
    await Promise.all(Array.from({ length: writersAtOnce }, work));
    await allReady(place, count);
    return [firstId, ...refs.map(({ instanceId }) => instanceId)];
  } finally {
    await runtime.close();
    await db.close();
  }
}

async function copyRows({ sql }: ScaleProduct, firstId: string, refs: InstanceRef[], tokens: Buffer[]): Promise<void> {
  const ids = refs.map(({ instanceId }) => instanceId);
  const copies = 'unnest($2::uuid[]) as copy (id)';
  await sql(
    `insert into instances (tenant_id, id, project_id, cluster_id, name, labels, agent_kind, power, revision,
       live_revision, generation, phase, volume, template_id, template_version)
     select tenant_id, copy.id, project_id, cluster_id, copy.name, labels, agent_kind, power, revision, live_revision,
       generation, phase, volume, template_id, template_version
     from instances, unnest($2::uuid[], $3::text[]) as copy (id, name) where instances.id = $1`,
    firstId,
    ids,
    refs.map(({ name }) => name),
  );
  await sql(
    `insert into revisions (tenant_id, id, instance_id, number, agent_version_id, configuration, configuration_hash,
       resources, secret_names, template_id, template_version, variables, overrides, provenance)
     select tenant_id, gen_random_uuid(), copy.id, number, agent_version_id, configuration, configuration_hash,
       resources, secret_names, template_id, template_version, variables, overrides, provenance
     from revisions, ${copies} where instance_id = $1`,
    firstId,
    ids,
  );
  await sql(
    `insert into quota_reservations (tenant_id, instance_id, cpu_millis, memory_bytes, storage_bytes, instances)
     select tenant_id, copy.id, cpu_millis, memory_bytes, storage_bytes, instances
     from quota_reservations, ${copies} where instance_id = $1`,
    firstId,
    ids,
  );
  await sql(
    `insert into instance_credentials (tenant_id, instance_id, sealed)
     select tenant_id, copy.id, copy.sealed from instances, unnest($2::uuid[], $3::bytea[]) as copy (id, sealed)
     where instances.id = $1`,
    firstId,
    ids,
    tokens,
  );
}

/** As the observer has written it down. */
const allReady = ({ sql, projectId }: ScaleProduct, count: number, timeoutMs = 600_000): Promise<void> =>
  waitUntil(
    async () => {
      const [row] = await sql<{ ready: number }>(
        `select count(*)::int ready from instances i join observed_states o on o.instance_id = i.id
         where i.project_id = $1 and i.phase = 'Running' and o.ready and o.current`,
        projectId,
      );
      if (row?.ready !== count) throw new Error(`${row?.ready} of ${count} instances are ready`);
    },
    { timeoutMs, everyMs: 500 },
  );
