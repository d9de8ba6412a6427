import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { hasBrowser, startBrowser } from '../platform/browser.ts';
import { testKubernetes } from '../platform/kubernetes.ts';
import { builtPortal } from '../platform/web.ts';
import { Agent } from './agent.ts';
import { instanceOf, succeeded } from './follow.ts';
import { Portal } from './portal.ts';
import { RolloutView } from './rollout-view.ts';
import { buildHome, configurationFor, held, openScene, registerNode } from './scene.ts';
import type { Home, Scene } from './scene.ts';
import { Template } from './template.ts';
import type { TemplateContent } from './template.ts';

describe.skipIf(!testKubernetes() || !hasBrowser)('three agents of one template', () => {
  let scene: Scene;
  let home: Home;
  let browser: BrowserContext;
  let portal: Portal;
  let template: Template;
  let canary: Agent;
  let second: Agent;
  let third: Agent;

  beforeAll(async () => {
    scene = await openScene({ WEB_ROOT: builtPortal(), USAGE_INTERVAL_SECONDS: '2' });
    const [registered, built] = [await registerNode(scene), await buildHome(scene, 'acme')];
    home = built;
    template = await Template.publish(api(), { tenantId: home.tenantId, name: 'bots' }, contentWith());
    const run = async (name: string): Promise<Agent> => {
      const order = { ...registered, projectId: home.projectId, name, templateId: template.id };
      const { instanceId } = await succeeded(api(), api().post('/instances', order));
      return new Agent(scene, (await instanceOf(api(), instanceId ?? '')).instance);
    };
    // One after the other: an agent that is starved while it starts gives up with code 78.
    canary = await run('alpha');
    second = await run('beta');
    third = await run('gamma');
    browser = await startBrowser();
    portal = new Portal(await browser.newPage(), scene.product.url);
    const { name, password = '' } = scene.product.administrator;
    await portal.signIn(name, password);
  });
  afterAll(async () => {
    await Promise.all([canary, second, third].map((agent) => agent?.gateway.close()));
    await browser?.close();
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
  const all = () => [canary, second, third];
  const traces = (agents = all()) => Promise.all(agents.map((agent) => agent.trace()));
  const rollout = (id: string) => held(api().get(`/rollouts/${id}`), 200);
  const usageOf = async ({ id }: Agent) => (await held(api().get(`/instances/${id}/usage`), 200)).total;
  const open = (id: string) =>
    RolloutView.open(portal.page, `${scene.product.url}/t/${home.tenantId}/p/all/rollouts/${id}`);

  /** The model is a variable with a default, so that a version changes it for whoever has not set it. */
  function contentWith(more: Record<string, unknown> = {}, model = 'fake/small'): TemplateContent {
    const [provider] = configurationFor(scene).providers ?? [];
    const providers = [{ ...provider, models: [{ id: 'small' }, { id: 'status-500' }] }];
    return {
      configuration: { providers, agent: { model: { $variable: 'model' } }, ...more },
      variables: { type: 'object', properties: { model: { type: 'string', default: model } } },
    };
  }

  it('are not touched by a version that their own program refuses', async () => {
    const before = await traces();
    const refused = contentWith({ native: { agents: { defaults: { frobnicate: true } } } });
    const id = await template.push(refused, { waves: [{ size: { count: 1 } }, { size: { rest: true } }] });
    const page = await open(id);
    await page.untilPhase('Failed');
    expect(await page.problem('rollout.check-failed')).toContain(
      '/template/configuration/native/agents/defaults/frobnicate',
    );
    expect(await rollout(id)).toMatchObject({
      phase: 'Failed',
      startedAt: null,
      error: {
        code: 'rollout.check-failed',
        faults: [{ pointer: '/template/configuration/native/agents/defaults/frobnicate' }],
      },
    });
    expect(await traces()).toEqual(before);
  });

  it('get one canary that a broken model betrays: it alone is taken back, the others never hear of it', async () => {
    const before = await traces();
    const id = await template.push(contentWith({}, 'fake/status-500'), {
      waves: [
        {
          size: { count: 1 },
          bakeSeconds: 900,
          analysis: { rules: [{ metric: 'error-rate', maxRatio: 1.5 }] },
        },
        { size: { rest: true } },
      ],
    });
    const page = await open(id);
    await page.untilWave(1, 'Baking');
    await page.untilCells(1, '1 Updated');
    expect(await canary.trace()).not.toMatchObject({ appliedConfigHash: before[0]?.appliedConfigHash });

    // Not waited for: OpenClaw tries again and again, for a minute and a half, before it gives a conversation up.
    void canary.gateway.chat('one', 'Hello.').catch(() => undefined);
    for (const agent of [second, third]) expect(await agent.gateway.chat('one', 'Hello.')).toBe('Understood.');
    await waitUntil(async () => expect((await usageOf(canary)).callsFailed).toBeGreaterThan(1), { timeoutMs: 120_000 });
    expect(await traces([second, third])).toEqual(before.slice(1));

    // Whoever promotes a wave that bakes has it judged now; the judgement is not passed over.
    const said = await page.press('Promote', 'enough was said');
    expect(said).toContainEqual(expect.stringContaining('The wave is judged now'));
    await page.untilPhase('RolledBack');
    expect(await page.chart(1, 'Error rate')).toMatch(/updated 100.?%, not yet updated 0.?%/);
    await page.untilCells(1, '1 Rolled back');
    await page.untilCells(2, '2 Left alone');
    expect(await page.timeline()).toEqual([
      expect.stringContaining('Created'),
      'Checked by the agents’ own programs',
      'Wave 1 began',
      'Promoted: enough was said',
      'Wave 1 was judged: failed',
      'Rolling back: The analysis of the wave failed.',
      'Ended: Rolled back',
    ]);

    const [was, ...others] = before;
    const { revision, liveRevision, pod, appliedConfigHash } = was ?? (await canary.trace());
    expect(await canary.trace()).toMatchObject({ revision, liveRevision, pod, appliedConfigHash });
    expect(await canary.read()).toMatchObject({ phase: 'Running', rollbacks: 1 });
    await waitUntil(async () => expect(await canary.gateway.chat('two', 'Hello.')).toBe('Understood.'), {
      timeoutMs: 60_000,
    });
    expect(await traces([second, third])).toEqual(others);
  });

  it('go on when a wave is promoted, stay where they are on a pause, and go on from there', async () => {
    const before = await traces();
    const id = await template.push(contentWith({ logging: { level: 'debug' } }), {
      waves: [
        {
          size: { count: 1 },
          bakeSeconds: 2,
          analysis: { rules: [{ metric: 'failed', max: 0 }] },
          then: 'pause',
        },
        { size: { count: 1 }, bakeSeconds: 15 },
        { size: { rest: true } },
      ],
    });
    const page = await open(id);
    await page.untilPaused('The wave passed; the next one waits for a person.');
    await page.untilWave(1, 'Passed');
    expect(await page.chart(1, 'Failed targets')).toContain('updated 0');
    expect(await traces([second, third])).toEqual(before.slice(1));

    expect(await page.press('Promote', 'looks well')).toContain('The next wave begins: 2 of 3 targets are left.');
    await page.untilCells(2, '1 Updating', '1 Updated');
    expect(await page.press('Pause', 'lunch first')).toContain('No further target is begun.');
    await page.untilPaused('A person paused it.');
    await page.untilCells(2, '1 Updated');
    await page.untilCells(3, '1 Not yet');
    expect(await traces([third])).toEqual(before.slice(2));

    expect(await page.press('Resume', 'well fed')).toContain('The next targets are begun: 1 of 3 are left.');
    await page.untilPhase('Succeeded');
    await page.untilCells(3, '1 Updated');
    expect(await page.timeline()).toEqual(
      expect.arrayContaining(['Promoted: looks well', expect.stringContaining('Paused'), 'Resumed: well fed']),
    );
    const { waves } = await rollout(id);
    expect(waves).toMatchObject([{ phase: 'Passed' }, { phase: 'Passed' }, { phase: 'Passed' }]);
    for (const [at, agent] of all().entries()) {
      expect(await agent.read()).toMatchObject({ phase: 'Running', templateVersion: 4 });
      expect(await agent.gateway.configGet()).toMatchObject({ parsed: { logging: { level: 'debug' } } });
      // It is a hot change: nobody's conversation was cut off.
      expect((await agent.trace()).pod).toBe(before[at]?.pod);
    }
  });

  it('that were not begun stay as they are for good when it is aborted', async () => {
    const before = await traces();
    const id = await template.push(contentWith({ logging: { level: 'warn' } }), {
      waves: [{ size: { count: 1 }, then: 'pause' }, { size: { rest: true } }],
    });
    const page = await open(id);
    await page.untilPaused('The wave passed; the next one waits for a person.');
    const said = await page.press('Abort', 'not today');
    expect(said).toContain('2 of 3 targets stay as they are and are never begun.');
    await page.untilPhase('Aborted');
    await page.untilCells(1, '1 Updated');
    await page.untilCells(2, '2 Left alone');
    expect(await page.timeline()).toEqual(expect.arrayContaining(['Aborted: not today', 'Ended: Aborted']));
    expect(await canary.gateway.configGet()).toMatchObject({ parsed: { logging: { level: 'warn' } } });
    expect(await traces([second, third])).toEqual(before.slice(1));
  });
});
