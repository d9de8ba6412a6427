import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UnifiedConfigurationInput } from '../../activities/adapters/configuration.ts';
import type { InstanceAnswer } from '../../server/instances/instance.schema.ts';
import type { OperationAnswer } from '../../server/operations/operation.schema.ts';
import type { ApiAnswer, ApiClient } from '../factories/api-client.ts';
import { signIn } from '../factories/people.ts';
import { killPart, startPart, testKubernetes } from '../platform/kubernetes.ts';
import { ended, instanceOf, instanceUntil, operationUntil, stepsOf, succeeded } from './follow.ts';
import { NodeView } from './node-view.ts';
import { buildHome, configurationFor, held, openScene, registerNode } from './scene.ts';
import type { Home, Scene } from './scene.ts';

const kubernetes = testKubernetes();
const gibibyte = 2 ** 30;
const nothing = { cpuMillis: 0, memoryBytes: 0, storageBytes: 0, instances: 0 };

describe.skipIf(!kubernetes)('a request that cannot be met', () => {
  let scene: Scene;
  let view: NodeView;
  let home: Home;
  let registered: Awaited<ReturnType<typeof registerNode>>;
  /** Runs all the while, and must not notice anything. */
  let good: InstanceAnswer;

  beforeAll(async () => {
    scene = await openScene({ IMAGE_PATIENCE_SECONDS: '5' });
    view = new NodeView(scene.kubernetes);
    registered = await registerNode(scene);
    home = await buildHome(scene, 'acme', { memoryBytes: 4 * gibibyte, instances: 3 });
    const operation = await succeeded(api(), create('good'));
    good = (await instanceOf(api(), operation.instanceId ?? '')).instance;
  });
  afterAll(() => scene?.close());

  const api = (): ApiClient => scene.administrator;
  const create = (name: string, more: Record<string, unknown> = {}, by = api()): Promise<ApiAnswer> =>
    by.post('/instances', {
      ...registered,
      projectId: home.projectId,
      name,
      configuration: configurationFor(scene),
      ...more,
    });
  const withNative = (native: Record<string, unknown>, more: UnifiedConfigurationInput = {}) => ({
    configuration: configurationFor(scene, { native, ...more }),
  });
  const used = async (): Promise<typeof nothing> =>
    (await held(api().get(`/tenants/${home.tenantId}/quota`), 200)).used;
  const names = async (): Promise<string[]> =>
    (await held(api().get(`/instances?projectId=${home.projectId}&sort=name`), 200)).items.map(
      ({ name }: InstanceAnswer) => name,
    );
  const createdBy = async (operation: OperationAnswer): Promise<InstanceAnswer> =>
    (await instanceOf(api(), operation.instanceId ?? '')).instance;
  /** Makes room again: what failed counts as an instance of the list, not of the quota. */
  const remove = async ({ id }: InstanceAnswer, query = ''): Promise<void> => {
    const { etag } = await instanceOf(api(), id);
    await succeeded(api(), api().delete(`/instances/${id}${query}`, etag));
  };

  describe('is refused at once', () => {
    it('for a field that nobody knows, with its place', async () => {
      const before = await used();
      expect(await held(create('colourful', { colour: 'red' }), 422)).toMatchObject({
        code: 'request.invalid',
        errors: [{ pointer: '/colour', detail: 'unknown field' }],
      });
      const misspelt = { configuration: { ...configurationFor(scene), providers: [{ nmae: 'fake' }] } };
      const { errors } = await held(create('misspelt', misspelt), 422);
      expect(errors).toEqual(
        expect.arrayContaining([expect.objectContaining({ pointer: '/configuration/providers/0/name' })]),
      );
      expect(await names()).toEqual(['good']);
      expect(await used()).toEqual(before);
    });

    it('for more than the quota has left, with how much that is', async () => {
      const before = await used();
      expect(await held(create('giant', { resources: { memory: '3Gi' } }), 409)).toMatchObject({
        code: 'quota.exceeded',
        resource: 'memoryBytes',
        wanted: 3 * gibibyte,
        left: 2 * gibibyte,
        limit: 4 * gibibyte,
      });
      expect(await used()).toEqual(before);
    });

    it('for a name that is taken', async () => {
      const before = await used();
      expect(await held(create('good'), 409)).toMatchObject({ code: 'instance.name-taken', detail: 'good' });
      expect(await used()).toEqual(before);
    });

    it('for a change of what has changed meanwhile, or of what was never read', async () => {
      const change = { configuration: configurationFor(scene), labels: { team: 'a' } };
      const { etag } = await instanceOf(api(), good.id);
      await held(api().put(`/instances/${good.id}`, change, etag), 200);
      const late = { ...change, labels: { team: 'b' } };
      expect(await held(api().put(`/instances/${good.id}`, late, etag), 412)).toMatchObject({ code: 'request.stale' });
      expect(await held(api().request('PUT', `/instances/${good.id}`, { body: late }), 428)).toMatchObject({
        code: 'request.precondition-required',
      });
      expect((await instanceOf(api(), good.id)).instance.labels).toEqual({ team: 'a' });
    });

    it('for a native key that is the platform’s own, with its pointer', async () => {
      expect(await held(create('owner', withNative({ gateway: { port: 1 } })), 422)).toMatchObject({
        code: 'agent.configuration-owned',
        errors: [{ pointer: '/configuration/native/gateway/port' }],
      });
      const { etag } = await instanceOf(api(), good.id);
      const change = withNative({ update: { checkOnStart: true } });
      expect(await held(api().put(`/instances/${good.id}`, change, etag), 422)).toMatchObject({
        code: 'agent.configuration-owned',
        errors: [{ pointer: '/configuration/native/update' }],
      });
    });
  });

  describe('by somebody without the right', () => {
    const signInMember = async (tenantId: string, role: string): Promise<ApiClient> => {
      const member = await held(api().post('/members', { tenantId, name: `${role}-of-${tenantId}`, role }), 201);
      return signIn(scene.anyone, member);
    };

    it('is refused with the right that is missing, and what is offered to him is what he may do', async () => {
      const viewer = await signInMember(home.tenantId, 'viewer');
      const { body } = await viewer.get(`/instances/${good.id}`);
      expect(body).toMatchObject({ id: good.id, permissions: [] });
      expect(await held(viewer.post(`/instances/${good.id}/stop`), 403)).toMatchObject({
        code: 'access.denied',
        detail: expect.stringContaining('instance:stop'),
      });
      expect(await held(create('by-viewer', {}, viewer), 403)).toMatchObject({ code: 'access.denied' });
    });

    it('is answered for another tenant’s instance as for one that does not exist', async () => {
      const other = await buildHome(scene, 'other');
      const stranger = await signInMember(other.tenantId, 'tenant-administrator');
      const missing = randomUUID();
      const answersTo = async (id: string) => {
        const { etag } = await instanceOf(api(), good.id);
        const answers = [
          await stranger.get(`/instances/${id}`),
          await stranger.post(`/instances/${id}/kill`),
          await stranger.delete(`/instances/${id}`, etag),
          await stranger.get(`/instances/${id}/events`),
        ];
        return answers.map(({ status, body }) => ({ status, ...body, instance: 'the id of the request' }));
      };
      const answers = await answersTo(good.id);
      for (const answer of answers) expect(answer).toMatchObject({ status: 404, code: 'instance.unknown' });
      expect(answers).toEqual(await answersTo(missing));
      expect(await held(stranger.get('/instances'), 200)).toMatchObject({ items: [], total: 0 });
    });
  });

  describe('is refused by OpenClaw itself before anything is touched', () => {
    const refused = () => withNative({ agents: { defaults: { frobnicate: true } } });
    const refusal = {
      code: 'agent.configuration-refused',
      detail: expect.stringContaining('Unrecognized key'),
      faults: [{ pointer: '/configuration/native/agents/defaults/frobnicate' }],
    };

    it('when an instance is created: nothing of it is on the cluster, and its quota is free', async () => {
      const before = await used();
      const operation = await ended(api(), create('refused', refused()));
      expect(operation).toMatchObject({ phase: 'Failed', error: refusal });
      expect(stepsOf(operation)).toEqual(['ensureTenantSpace Succeeded', 'checkConfiguration Failed']);
      const instance = await createdBy(operation);
      expect(instance).toMatchObject({ phase: 'Failed', lastError: refusal, volume: 'none', activeOperation: null });
      expect(await view.kindsOf(instance)).toEqual([]);
      expect(await used()).toEqual(before);
      await remove(instance);
    });

    it('when an instance is changed: it runs on with what it had', async () => {
      const [pod, configMap] = [await view.podOf(good), await view.configMapOf(good)];
      const { etag, instance: before } = await instanceOf(api(), good.id);
      const operation = await ended(api(), api().put(`/instances/${good.id}`, refused(), etag));
      expect(operation).toMatchObject({ phase: 'Failed', error: refusal });
      expect(stepsOf(operation)).toEqual(['checkConfiguration Failed']);
      expect((await instanceOf(api(), good.id)).instance).toMatchObject({
        phase: 'Running',
        revision: before.revision,
        liveRevision: before.revision,
        configuration: before.configuration,
        lastError: refusal,
      });
      expect((await view.podOf(good)).uid).toBe(pod.uid);
      expect((await view.configMapOf(good)).metadata?.resourceVersion).toBe(configMap.metadata?.resourceVersion);
    });
  });

  describe('fails with its reason and leaves nothing', () => {
    const image = 'localhost/openclaw-that-is-not-there:1';
    let agentVersionId: string;
    beforeAll(async () => {
      const version = { kind: 'openclaw', version: 'missing', image };
      agentVersionId = (await held(api().post('/agent-versions', version), 201)).id;
    });

    it('for an image that does not exist', async () => {
      const before = await used();
      const operation = await ended(api(), create('imageless', { agentVersionId }));
      expect(operation).toMatchObject({
        phase: 'Failed',
        error: { code: 'agent.image-unavailable', detail: expect.stringContaining(image) },
      });
      const instance = await createdBy(operation);
      expect(instance).toMatchObject({ phase: 'Failed', lastError: { code: 'agent.image-unavailable' } });
      expect(await view.kindsOf(instance)).toEqual([]);
      expect(await used()).toEqual(before);
      await remove(instance);
    });

    it('for an image that its registry does not send in time, though it fails nowhere', async () => {
      const connections = new Set<Socket>();
      const registry = createServer((socket) => {
        connections.add(socket);
        socket.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
      try {
        const hanging = `127.0.0.1:${(registry.address() as AddressInfo).port}/openclaw-that-hangs:1`;
        const version = { kind: 'openclaw', version: 'hanging', image: hanging };
        const before = await used();
        const order = { agentVersionId: (await held(api().post('/agent-versions', version), 201)).id };
        const operation = await ended(api(), create('late-image', order));
        expect(operation).toMatchObject({
          phase: 'Failed',
          error: { code: 'agent.image-unavailable', detail: `${hanging} did not come in 5 s.` },
        });
        expect(connections.size).toBeGreaterThan(0);
        const instance = await createdBy(operation);
        expect(instance).toMatchObject({ phase: 'Failed', lastError: { code: 'agent.image-unavailable' } });
        expect(await view.kindsOf(instance)).toEqual([]);
        expect(await used()).toEqual(before);
        await remove(instance);
      } finally {
        for (const socket of connections) socket.destroy();
        registry.close();
      }
    });

    it('for an image that only another cluster has: what was placed is taken back', async () => {
      const before = await used();
      await rememberCheck(agentVersionId);
      const operation = await ended(api(), create('elsewhere', { agentVersionId }));
      expect(operation).toMatchObject({ phase: 'Failed', error: { code: 'agent.image-unavailable' } });
      expect(stepsOf(operation)).toEqual([
        'ensureTenantSpace Succeeded',
        'checkConfiguration Succeeded',
        'placeInstance Succeeded',
        'powerOn Succeeded',
        'awaitReady Failed',
        'undoPlacement Succeeded',
      ]);
      const instance = await createdBy(operation);
      expect(instance).toMatchObject({ phase: 'Failed', volume: 'none' });
      expect(await view.kindsOf(instance)).toEqual([]);
      expect(await view.volumesOf(instance)).toEqual([]);
      expect(await used()).toEqual(before);
      await remove(instance);
    });

    /** What a cluster that has the image would have left: checks are kept by content, wherever they were run. */
    async function rememberCheck(versionId: string): Promise<void> {
      const { projectId, tenantId } = home;
      const order = { projectId, agentVersionId: versionId, configuration: configurationFor(scene) };
      const { configurationHash } = await held(api().post('/instances/preview', order), 200);
      const database = new Client({ connectionString: scene.product.environment.DATABASE_OWNER_URL });
      await database.connect();
      await database.query(
        `insert into configuration_checks (tenant_id, agent_version_id, configuration_hash, faults, checked_at)
         values ($1, $2, $3, '[]', now())`,
        [tenantId, versionId, configurationHash],
      );
      await database.end();
    }
  });

  it('parks an agent that cannot run with the value of its secret, with its own last words, until it is mended', async () => {
    await held(api().post('/secrets', { tenantId: home.tenantId, name: 'metric-prefix', value: '9 lives' }), 201);
    const native = { diagnostics: { otel: { metricNamePrefix: '${METRIC_PREFIX}' } } };
    const broken = withNative(native, { environment: { METRIC_PREFIX: { secret: 'metric-prefix' } } });
    const operation = await ended(api(), create('parked', broken));
    const lastWords = expect.stringContaining('diagnostics.otel.metricNamePrefix: Invalid string');
    expect(operation).toMatchObject({ phase: 'Failed', error: { code: 'agent.misconfigured', detail: lastWords } });
    const parked = await instanceUntil(
      api(),
      operation.instanceId ?? '',
      ({ phase, observed }) => phase === 'Misconfigured' && observed?.exists === true,
    );
    expect(parked).toMatchObject({ power: 'on', lastError: { code: 'agent.misconfigured', detail: lastWords } });
    await expect.poll(() => view.podsOf(parked), { timeout: 30_000 }).toEqual([]);

    const { etag } = await instanceOf(api(), parked.id);
    const mend = { configuration: configurationFor(scene) };
    await succeeded(api(), api().put(`/instances/${parked.id}`, mend, etag));
    expect((await instanceOf(api(), parked.id)).instance).toMatchObject({
      phase: 'Running',
      liveRevision: 2,
      lastError: null,
    });
    await remove(parked, '?purge=true&confirm=parked');
  });

  it('waits for a cluster that is down, says so, and ends when it is back', async () => {
    await killPart('kube-apiserver', 'SIGKILL');
    let stopping: ApiAnswer;
    try {
      await expect
        .poll(async () => (await api().get(`/clusters/${registered.clusterId}`)).body, { timeout: 60_000 })
        .toMatchObject({ phase: 'Unreachable', message: expect.any(String) });
      await expect
        .poll(async () => (await instanceOf(api(), good.id)).instance, { timeout: 30_000 })
        .toMatchObject({ phase: 'Unknown' });
      stopping = await api().post(`/instances/${good.id}/stop`);
      const waiting = await operationUntil(api(), stopping, ({ steps }) => steps[0]?.state === 'Waiting');
      expect(waiting).toMatchObject({
        phase: 'Running',
        steps: [{ name: 'powerOff', error: { code: 'cluster.unavailable' }, nextAttemptAt: expect.any(String) }],
      });
    } finally {
      await startPart('kube-apiserver');
    }
    expect(await ended(api(), stopping)).toMatchObject({ phase: 'Succeeded' });
    expect((await instanceOf(api(), good.id)).instance).toMatchObject({ phase: 'Stopped', power: 'off' });
    await expect
      .poll(async () => (await api().get(`/clusters/${registered.clusterId}`)).body, { timeout: 60_000 })
      .toMatchObject({ phase: 'Ready', message: null });
    expect(await view.podsOf(good)).toEqual([]);
  });
});
