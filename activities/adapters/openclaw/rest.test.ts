import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startFakeModel } from '../../../test/fakes/model-server.ts';
import type { FakeModel } from '../../../test/fakes/model-server.ts';
import { UnifiedConfiguration } from '../configuration.ts';
import { openClawAdapter } from './adapter.ts';
import { OpenClawProcess, openClawCommand } from './testing/openclaw-process.ts';

const signal = new AbortController().signal;
const { rules, suspend, resume, probe, workMark } = openClawAdapter;

describe.skipIf(openClawCommand === undefined)('an OpenClaw that is brought to rest', { timeout: 240_000 }, () => {
  let model: FakeModel;
  let agent: OpenClawProcess;

  beforeAll(async () => {
    model = await startFakeModel({ host: '127.0.0.1' });
    const provider = {
      name: 'fake',
      baseUrl: model.url,
      api: 'openai-completions',
      apiKey: { secret: 'model-key' },
      models: [{ id: 'small' }],
    };
    const rendered = rules.render(UnifiedConfiguration.parse({ providers: [provider] }));
    agent = await OpenClawProcess.prepare();
    await agent.swap(rendered);
    agent.start(rendered, { OCC_SECRET_MODEL_KEY: 'sk' });
    await vi.waitUntil(() => agent.isStarted(), { timeout: 240_000, interval: 250 });
    await vi.waitUntil(async () => (await probe(agent.handle(), signal)).state === 'passed', { timeout: 60_000 });
  }, 300_000);
  afterAll(async () => {
    await agent?.end();
    await model?.close();
  }, 60_000);

  const chat = (said: string): Promise<number> =>
    fetch(`${agent.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openclaw/default', user: 'one', messages: [{ role: 'user', content: said }] }),
    }).then(async (response) => {
      await response.arrayBuffer();
      return response.status;
    });
  const asked = () => suspend?.(agent.handle(), 'upgrade-1', signal);

  test('bears a mark that stays while it idles and changes with its work', async () => {
    const before = await workMark(agent.handle(), signal);
    expect(await workMark(agent.handle(), signal)).toBe(before);
    expect(await chat('hello')).toBe(200);
    const after = await workMark(agent.handle(), signal);
    expect(after).not.toBe(before);
    expect(await workMark(agent.handle(), signal)).toBe(after);
  });

  test('takes no new work while it is closed, and bears the same mark when it is open again', async () => {
    const before = await workMark(agent.handle(), signal);
    const lease = { state: 'ready', leaseMs: expect.closeTo(120_000, -4) };
    expect(await asked()).toEqual(lease);
    expect(await asked(), 'the same again prolongs it').toEqual(lease);
    expect(await chat('are you there?')).toBe(503);
    await expect(workMark(agent.handle(), signal)).rejects.toMatchObject({ code: 'agent.unreachable' });
    await resume(agent.handle(), 'upgrade-1', signal);
    expect(await workMark(agent.handle(), signal)).toBe(before);
    expect(await chat('and now?')).toBe(200);
  });

  test('ends what it is at first, and says what that is', async () => {
    const working = chat('[[delay=4000]] think');
    await expect
      .poll(asked, { timeout: 15_000, interval: 1_500 })
      .toMatchObject({ state: 'draining', reason: expect.stringMatching(/./) });
    expect(await working).toBe(200);
    await expect.poll(asked, { timeout: 30_000, interval: 1_500 }).toMatchObject({ state: 'ready' });
    await resume(agent.handle(), 'upgrade-1', signal);
    expect(await probe(agent.handle(), signal)).toEqual({ state: 'passed' });
  });

  test('that works is let go on when it is opened before it came to rest', async () => {
    const working = chat('[[delay=3000]] think');
    await expect.poll(asked, { timeout: 15_000, interval: 1_500 }).toMatchObject({ state: 'draining' });
    await resume(agent.handle(), 'upgrade-1', signal);
    expect(await chat('another')).toBe(200);
    expect(await working).toBe(200);
  });
});
