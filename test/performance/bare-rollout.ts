import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { adapterOf } from '../../activities/adapters/adapters.ts';
import { gatewayTokenOf, specOf, type Wanted } from '../../activities/instances/target.ts';
import { kubernetesRuntime } from '../../activities/runtimes/kubernetes/index.ts';
import type { InstanceRef, WorkloadSpec } from '../../activities/runtimes/runtime.ts';
import { Database } from '../../server/persistence/database.ts';
import type { Revision } from '../../server/revisions/revision.entity.ts';
import { loadSealingKey } from '../../server/secrets/sealing-key.ts';
import type { ScaleProduct } from '../platform/scale-product.ts';

const proofPollMs = 700;
const readyPollMs = 500;

interface Target {
  ref: InstanceRef;
  generation: number;
  gatewayToken: string;
  spec: WorkloadSpec;
}

export interface BareRollout {
  /** Brings another note to all of them, so many at once. @returns how long it took */
  run(note: string, window: number): Promise<number>;
  stop(): Promise<void>;
}

/**
 * The script that somebody would write without this product: the very writes of the driver and the very questions to
 * cluster and agent, in a loop, with nothing kept of what was done. Tokens and specifications are there beforehand.
 */
export async function prepareBareRollout(place: ScaleProduct): Promise<BareRollout> {
  const { product, scale, sql, tenantId, projectId, agentVersionId } = place;
  const adapter = adapterOf('openclaw');
  const runtime = kubernetesRuntime({ kubeconfig: scale.platformKubeconfig, ...scale.settings });
  const db = await Database.open({ url: product.environment.DATABASE_URL ?? '', applicationName: 'bare-rollout' });
  const sealingKey = loadSealingKey(product.environment.SECRETS_KEY_FILE ?? '');
  const [version] = await sql<{ version: string; image: string | null; package: string | null }>(
    'select version, image, package from agent_versions where id = $1',
    agentVersionId,
  );
  if (!version) throw new Error('there is no agent version');

  const readTargets = async (note: string): Promise<Target[]> => {
    const rows = await sql<
      Pick<Revision, 'number' | 'configuration' | 'resources'> & { id: string; generation: number }
    >(
      `select i.id, i.generation, r.number, r.configuration, r.resources from instances i
       join revisions r on r.instance_id = i.id and r.number = i.revision where i.project_id = $1`,
      projectId,
    );
    return Promise.all(
      rows.map(async ({ id, generation, number, resources, configuration: before }) => {
        const ref = { tenantId, projectId, instanceId: id, name: id };
        const configuration = { ...before, native: { ui: { assistant: { name: note } } } };
        const rendered = adapter.rules.render(configuration);
        const workload = { agentVersion: version, configuration, revision: number, resources };
        const wanted: Wanted = {
          agentVersionId,
          workload,
          rendered,
          configurationHash: rendered.hash,
          provenance: null,
        };
        return {
          ref,
          generation,
          gatewayToken: await gatewayTokenOf({ db, sealingKey }, ref),
          spec: await specOf({ db, sealingKey }, { ref, adapter }, wanted),
        };
      }),
    );
  };

  const bring = async ({ ref, generation, gatewayToken, spec }: Target): Promise<void> => {
    const signal = AbortSignal.timeout(300_000);
    const fence = { operationId: randomUUID(), generation, assertValid: () => undefined };
    const isUp = async (): Promise<boolean> => {
      const { ready, current } = await runtime.observe(ref, signal);
      return ready && current;
    };
    if (!(await isUp())) throw new Error(`${ref.instanceId} is not up`);
    await runtime.putConfiguration(ref, spec, fence, signal);
    while (!(await isUp())) await delay(readyPollMs);
    const rendered = { ...spec.configuration, secretReferences: {}, environment: {} };
    const agent = { runtime, ref, port: spec.port, gatewayToken };
    while ((await adapter.prove(agent, rendered, signal)).state !== 'live') await delay(proofPollMs);
  };

  return {
    async run(note, window) {
      const waiting = await readTargets(note);
      const beganMs = performance.now();
      const work = async (): Promise<void> => {
        for (let target = waiting.shift(); target; target = waiting.shift()) await bring(target);
      };
      await Promise.all(Array.from({ length: window }, work));
      return performance.now() - beganMs;
    },
    async stop() {
      await runtime.close();
      await db.close();
    },
  };
}
