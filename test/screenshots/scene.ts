import { randomUUID } from 'node:crypto';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import type { ScaleProduct } from '../platform/scale-product.ts';

const names = ['atlas', 'beacon', 'comet', 'delta', 'ember', 'fjord'];

/** Enough of everything that each page has something to show: a fleet of one template, rollouts, drafts, defaults. */
export async function fillScene(place: ScaleProduct, report: (message: string) => void): Promise<void> {
  const { administrator: api, must, tenantId, projectId, clusterId, agentVersionId, scale } = place;
  await scale.script([{ script: { proveSeconds: 1 } }]);
  const defaults = await api.get(`/tenants/${tenantId}/defaults/openclaw`);
  const locked = { configuration: { logging: { level: 'info' } }, locks: ['/logging/level'] };
  await must(api.put(`/tenants/${tenantId}/defaults/openclaw`, locked, defaults.headers.get('ETag') ?? ''), 200);
  await must(api.post('/secrets', { tenantId, name: 'model-key', value: 'sk-of-nobody' }), 201);
  await must(api.post('/projects', { tenantId, name: 'research', displayName: 'Research' }), 201);
  await must(api.post('/tenants', { name: 'northwind', displayName: 'Northwind' }), 201);
  const older = { kind: 'openclaw', version: '2026.9.5', image: 'registry.invalid/openclaw:2026.9.5' };
  await must(api.post('/agent-versions', { ...older, status: 'deprecated' }), 201);
  await fillPeople(place);

  report('a template and its instances');
  const templateId = await publishTemplate(place);
  const create = async (name: string): Promise<string> => {
    const body = {
      projectId,
      clusterId,
      agentVersionId,
      name,
      resources: { cpu: '100m', memory: '1280Mi', storage: '1Gi' },
      templateId,
      labels: { ring: name === 'atlas' ? 'canary' : 'fleet' },
    };
    const { instanceId } = await must<{ instanceId: string }>(
      api.post('/instances', body, { 'Idempotency-Key': randomUUID() }),
      202,
    );
    return instanceId;
  };
  const ids = await Promise.all(names.map(create));
  await atRest(place);
  await must(api.post(`/instances/${ids.at(-1)}/stop`), 202);
  await atRest(place);

  report('a rollout that has ended, and one that waits for a person');
  await rollOut(place, 'Greet in the morning', {
    change: { kind: 'configuration', templateId, version: 1, variables: { greeting: 'Good morning' } },
    strategy: { waves: [{ size: { count: 1 } }, { size: { rest: true } }] },
    until: ({ phase }) => phase === 'Succeeded',
  });
  await rollOut(place, 'Restart after the move', {
    change: { kind: 'restart' },
    strategy: { waves: [{ size: { labels: { ring: 'canary' } }, then: 'pause' }, { size: { rest: true } }] },
    until: ({ pauseReason }) => pauseReason !== null,
  });
  await Promise.all(ids.map((id) => compare(place, id)));
}

/** Who holds what: built-in roles, one of the tenant's own, and somebody who has not come yet. */
export async function fillPeople({ administrator: api, must, tenantId, projectId }: ScaleProduct): Promise<void> {
  const grants = ['instance:read', 'instance:restart', 'operation:read', 'rollout:read', 'audit:read'];
  const description = 'Restarts what hangs, and reads what happened';
  const { id } = await must(api.post('/roles', { tenantId, name: 'On call', description, grants }), 201);
  const people = [
    { name: 'amelia', displayName: 'Amelia Stone', role: 'tenant-administrator' },
    { name: 'bruno', displayName: 'Bruno Keller', role: 'operator', projectId },
    { name: 'chen', displayName: 'Chen Li', role: id },
    { name: 'dora', displayName: 'Dora Novak', role: 'viewer' },
    { name: 'emil', displayName: 'Emil Berg', role: 'auditor' },
  ];
  for (const person of people) await must(api.post('/members', { tenantId, ...person }), 201);
  await must(api.post('/invitations', { tenantId, projectId, role: 'member', note: 'Farah, from Monday on' }), 201);
}

/** As it is shown beside the revisions. */
async function compare({ administrator: api, must }: ScaleProduct, instanceId: string): Promise<void> {
  const path = `/instances/${instanceId}/drift`;
  await must(api.post(path), 202);
  await waitUntil(
    async () => {
      const { drift } = await must<{ drift: unknown }>(api.get(path), 200);
      if (drift === null) throw new Error(`${instanceId} is not compared yet`);
    },
    { timeoutMs: 120_000, everyMs: 500 },
  );
}

/** Version 1 is published; version 2 is a draft, to be compared with it. */
async function publishTemplate({ administrator: api, must, tenantId }: ScaleProduct): Promise<string> {
  const text = (value: string) => ({ type: 'string', maxLength: 100, default: value });
  const content = {
    description: 'Answers customers',
    configuration: {
      native: { ui: { assistant: { name: { $variable: 'greeting' } } } },
      environment: { TZ: { $variable: 'zone' } },
    },
    variables: { type: 'object', properties: { greeting: text('Hello'), zone: text('Europe/Zurich') } },
  };
  const name = 'support-desk';
  const { id } = await must(api.post('/configs', { tenantId, name, agentKind: 'openclaw', ...content }), 201);
  await must(api.post(`/configs/${id}/publish`, { version: 1, push: false, reason: 'to begin with' }), 200);
  const { headers } = await api.get(`/configs/${id}`);
  const next = { ...content.configuration, agent: { heartbeatMinutes: 30 } };
  const change = { ...content, name, configuration: next, reason: 'a sign of life each half an hour' };
  await must(api.put(`/configs/${id}`, change, headers.get('ETag') ?? ''), 200);
  return id;
}

interface RolloutState {
  phase: string;
  pauseReason: string | null;
}

async function rollOut(
  { administrator: api, must, projectId }: ScaleProduct,
  name: string,
  order: { change: object; strategy: object; until: (now: RolloutState) => boolean },
): Promise<void> {
  const { change, strategy, until } = order;
  const { id } = await must(api.post('/rollouts', { name, change, selection: { projectId }, strategy }), 201);
  await waitUntil(
    async () => {
      const now = await must<RolloutState>(api.get(`/rollouts/${id}`), 200);
      if (!until(now)) throw new Error(`${name} is ${now.phase} ${now.pauseReason ?? ''}`);
    },
    { timeoutMs: 300_000, everyMs: 500 },
  );
}

const atRest = ({ administrator: api, must }: ScaleProduct): Promise<void> =>
  waitUntil(
    async () => {
      const { items } = await must<{ items: { kind: string; phase: string }[] }>(
        api.get('/operations?active=true'),
        200,
      );
      if (items.length > 0) throw new Error(`still at work: ${JSON.stringify(items)}`);
    },
    { timeoutMs: 300_000, everyMs: 500 },
  );
