import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labels } from '../../activities/runtimes/kubernetes/names.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { provisionInstances, startScaleProduct, type ScaleProduct } from '../platform/scale-product.ts';

interface Operation {
  id: string;
  phase: string;
  instanceId: string;
  error: { code: string } | null;
}

const count = 12;

/** What the double does must be what the platform sees; otherwise chaos and figures over it mean nothing. */
describe('a cluster of simulated nodes and scripted agents', () => {
  let place: ScaleProduct;

  beforeAll(async () => {
    place = await startScaleProduct(() => undefined);
  });
  afterAll(() => place?.stop());

  const operation = async (id: string): Promise<Operation> =>
    place.must<Operation>(place.administrator.get(`/operations/${id}`), 200);
  const ended = (id: string): Promise<Operation> =>
    waitUntil(
      async () => {
        const now = await operation(id);
        if (['Accepted', 'Running', 'Compensating'].includes(now.phase)) throw new Error(`it is ${now.phase}`);
        return now;
      },
      { timeoutMs: 120_000 },
    );
  const create = async (name: string, configuration: object = {}): Promise<string> => {
    const { projectId, clusterId, agentVersionId, administrator, must } = place;
    const resources = { cpu: '100m', memory: '1280Mi', storage: '1Gi' };
    const body = { projectId, clusterId, agentVersionId, name, resources, configuration };
    return (await must(administrator.post('/instances', body), 202)).id;
  };
  const restart = async (instanceId: string): Promise<string> =>
    (await place.must(place.administrator.post(`/instances/${instanceId}/restart`), 202)).id;

  it('runs instances that ask for the same check at the same time, each with its proof and its own token', async () => {
    await place.scale.script([{ script: { proveSeconds: 0 } }]);
    const ids = await provisionInstances(place, count);
    expect(await place.scale.look()).toMatchObject({ agents: count, readyPods: count });
    const [row] = await place.sql<{ n: number }>(
      `select count(*)::int n from instances where id = any ($1) and live_revision = revision`,
      ids,
    );
    expect(row?.n).toBe(count);
  });

  it('refuses a configuration at the check where the script says so, and nothing is placed', async () => {
    await place.scale.script([{ script: { failsChecks: true } }]);
    const failed = await ended(await create('refused', { logging: { level: 'debug' } }));
    expect(failed).toMatchObject({ phase: 'Failed', error: { code: 'agent.configuration-refused' } });
    expect((await place.scale.look()).agents).toBe(count);
  });

  it('keeps an agent from becoming ready, and lets it, by its label', async () => {
    await place.scale.script([]);
    const [first] = await place.sql<{ id: string }>(`select id from instances where phase = 'Running' limit 1`);
    const instanceId = first?.id ?? '';
    await place.scale.script([{ labels: { [labels.instance]: instanceId }, script: { isReady: false } }]);
    const restarting = await restart(instanceId);
    await waitUntil(
      async () => {
        const { readyPods } = await place.scale.look();
        if (readyPods !== count - 1) throw new Error(`${readyPods} are ready`);
      },
      { timeoutMs: 30_000 },
    );
    await expect.poll(async () => (await operation(restarting)).phase, { timeout: 30_000 }).toBe('Running');
    await place.scale.script([{ script: { proveSeconds: 0 } }]);
    expect(await ended(restarting)).toMatchObject({ phase: 'Succeeded' });
  });
});
