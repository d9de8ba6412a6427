import { join } from 'node:path';
import { AppsV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../deploy/local/directories.ts';
import { importIntoRunning } from '../../deploy/local/kubernetes/index.ts';
import { ensureOpenClawImage } from '../../deploy/local/openclaw-image/index.ts';
import type { InstanceAnswer } from '../../server/instances/instance.schema.ts';
import { provided } from '../platform/environment.ts';
import { testKubernetes } from '../platform/kubernetes.ts';
import { ended, instanceOf, instanceUntil, stepsOf, succeeded } from './follow.ts';
import { Gateway } from './gateway.ts';
import { NodeView } from './node-view.ts';
import { buildHome, configurationFor, held, openScene, registerNode } from './scene.ts';
import type { Scene } from './scene.ts';

const olderVersion = '2026.9.5';

describe.skipIf(!testKubernetes())('OpenClaw, from one published version to the next and back', () => {
  let scene: Scene;
  let gateway: Gateway;
  let instance: InstanceAnswer;
  let older: { id: string; image: string };
  let newerId: string;

  beforeAll(async () => {
    const [opened, image] = await Promise.all([
      openScene(),
      ensureOpenClawImage({ version: olderVersion, cacheDirectory: cacheDirectory(), report: () => undefined }),
    ]);
    scene = opened;
    await importIntoRunning(join(provided('TEST_DIRECTORY'), 'kubernetes'), image.archive);
    const { clusterId, agentVersionId } = await registerNode(scene);
    newerId = agentVersionId;
    const version = { kind: 'openclaw', version: olderVersion, image: image.reference };
    const { id } = await held(scene.administrator.post('/agent-versions', version), 201);
    older = { id, image: image.reference };
    const { projectId } = await buildHome(scene, 'acme');
    const operation = await succeeded(
      scene.administrator,
      scene.administrator.post('/instances', {
        projectId,
        clusterId,
        agentVersionId: id,
        name: 'alpha',
        configuration: configurationFor(scene),
      }),
    );
    instance = (await instanceOf(scene.administrator, operation.instanceId ?? '')).instance;
    gateway = new Gateway(scene.kubernetes, new NodeView(scene.kubernetes), instance);
    await gateway.chat('one', 'Hello. [[remember=blue]]');
  });
  afterAll(async () => {
    await gateway?.close();
    await scene?.close();
  });

  // One journey: behind a step that failed there is nothing to stand on.
  let isBroken = false;
  beforeEach(({ skip, onTestFailed }) => {
    skip(isBroken, 'a step before it failed');
    onTestFailed(() => {
      isBroken = true;
    });
  });

  const api = () => scene.administrator;
  const path = () => `/instances/${instance.id}`;
  const read = async () => (await instanceOf(api(), instance.id)).instance;
  const remembers = async () => expect(await gateway.chat('one', '[[recall]]')).toBe('I remember: blue');
  const upgrade = async () => {
    const { etag } = await instanceOf(api(), instance.id);
    const change = { agentVersionId: newerId, configuration: configurationFor(scene) };
    return succeeded(api(), api().put(path(), change, etag));
  };
  const rollBack = (body: object = {}) => ended(api(), api().post(`${path()}/rollback`, body));

  it('upgrades with a verified copy, and is left again while nothing new was done', async () => {
    const operation = await upgrade();
    expect(stepsOf(operation)).toEqual([
      'checkConfiguration Succeeded',
      'prePullImage Succeeded',
      'suspendAgent Succeeded',
      'stopForCopy Succeeded',
      'backupState Succeeded',
      'applyRevision Succeeded',
      'awaitReady Succeeded',
      'proveConfiguration Succeeded',
      'probeAgent Succeeded',
    ]);
    expect(await read()).toMatchObject({ phase: 'Running', revision: 2, liveRevision: 2, agentVersion: '2026.9.6' });
    const { items } = await held(api().get(`${path()}/backups`), 200);
    expect(items).toMatchObject([{ phase: 'Verified', reason: 'upgrade', revision: 1, agentVersion: olderVersion }]);
    expect(items[0].sizeBytes).toBeGreaterThan(10_000);

    const back = await rollBack();
    expect(back).toMatchObject({ kind: 'instance.rollback', phase: 'Succeeded', error: null });
    expect(await read()).toMatchObject({ phase: 'Running', revision: 1, liveRevision: 1, agentVersion: olderVersion });
    await remembers();
  });

  it('remembers after an upgrade, and is not left once it has done new work', async () => {
    await upgrade();
    await remembers();
    expect(await rollBack()).toMatchObject({ phase: 'Failed', error: { code: 'backup.state-diverged' } });
    expect(await read()).toMatchObject({ phase: 'Running', agentVersion: '2026.9.6' });
    await remembers();
  });

  it('shows why: the older version does not start on the newer state', async () => {
    const config = new KubeConfig();
    config.loadFromString(scene.kubernetes.adminKubeconfig);
    const place = { namespace: `occ-${instance.tenantId}`, name: `i-${instance.id}` };
    const body = { spec: { template: { spec: { containers: [{ name: 'agent', image: older.image }] } } } };
    const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
    await config.makeApiClient(AppsV1Api).patchNamespacedStatefulSet({ ...place, body }, strategic);
    const stuck = await instanceUntil(
      api(),
      instance.id,
      // Until its own words are read, the error is the one of the way back that was refused.
      ({ phase, lastError }) => phase === 'Misconfigured' && lastError?.code === 'agent.misconfigured',
    );
    expect(stuck.lastError).toMatchObject({
      code: 'agent.misconfigured',
      detail: expect.stringMatching(/newer|schema/i),
    });

    await instanceUntil(api(), instance.id, ({ activeOperation }) => activeOperation === null);
    await succeeded(api(), api().post(`${path()}/sync`));
    expect(await read()).toMatchObject({ phase: 'Running', agentVersion: '2026.9.6' });
    await remembers();
  });

  it('goes back where what was new may be lost, and keeps that', async () => {
    expect(await rollBack({ discardNewState: true })).toMatchObject({ phase: 'Succeeded', error: null });
    expect(await read()).toMatchObject({ phase: 'Running', agentVersion: olderVersion });
    await remembers();
    const { items } = await held(api().get(`${path()}/backups`), 200);
    expect(items).toMatchObject([
      { reason: 'rollback', phase: 'Verified', agentVersion: '2026.9.6' },
      { reason: 'upgrade', phase: 'Verified', agentVersion: olderVersion },
      { reason: 'rollback', phase: 'Verified', agentVersion: '2026.9.6' },
      { reason: 'upgrade', phase: 'Verified', agentVersion: olderVersion },
    ]);
  });
});
