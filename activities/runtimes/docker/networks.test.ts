import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildFence } from '../kubernetes/testing/fence.ts';
import { buildSpace } from '../kubernetes/testing/space.ts';
import type { InstanceRef } from '../runtime.ts';
import { labels, tenantLabels, tenantNameOf } from './names.ts';
import { joinEngine, never, withoutEngine } from './testing/engine.ts';

describe.skipIf(withoutEngine)(`networks of tenants${withoutEngine}`, { timeout: 120_000 }, () => {
  let [own, other]: Awaited<ReturnType<typeof joinEngine>>[] = [];
  beforeAll(async () => {
    [own, other] = [await joinEngine(), await joinEngine()];
  }, 120_000);
  afterAll(async () => {
    await own?.leave();
    await other?.leave();
  }, 120_000);

  const here = () => {
    if (!own || !other) throw new Error('The engine has not been joined');
    return { own, other };
  };

  it('are one each, also after several have made them at once, and after a twin', async () => {
    const { own: on } = here();
    const space = buildSpace(on.tenantId);
    const found = () => on.docker.listNetworks({ filters: { label: [`${labels.tenant}=${on.tenantId}`] } });
    await Promise.all([1, 2, 3, 4].map(() => on.open().ensureTenantSpace(space, buildFence(1), never)));
    const [first, ...twins] = await found();
    expect(twins).toEqual([]);
    await on.docker.createNetwork({
      Name: tenantNameOf(on.tenantId),
      Labels: tenantLabels('cluster', 'network', on.tenantId),
    });
    const ref = await on.start();
    await on.runtime.ensureTenantSpace(space, buildFence(1), never);
    expect((await found()).map(({ Id }) => Id)).toEqual([first?.Id]);
    expect(await on.runtime.observe(ref, never)).toMatchObject({ ready: true });
  });

  it('keep agents apart, of two tenants and of one', async () => {
    const { own: on, other: away } = here();
    const [first, neighbour, stranger] = [await on.start(), await on.start(), await away.start()];
    const addressOf = async (place: typeof on, ref: InstanceRef): Promise<string> => {
      const [container] = await place.processesOf(ref);
      return Object.values(container?.NetworkSettings.Networks ?? {})[0]?.IPAddress ?? '';
    };
    const asks = async (address: string) => {
      const code = `
        const ended = (what) => { console.log(what); process.exit(); };
        require('node:http').get({ host: '${address}', port: 8080, timeout: 3000 }, () => ended('answered'))
          .on('timeout', () => ended('silence')).on('error', () => ended('silence'));`;
      const command = { command: ['node', '-e', code], timeoutMs: 20_000 };
      return (await on.runtime.inside?.exec(first, command, never))?.output.trim();
    };
    expect(await asks(await addressOf(on, first))).toBe('answered');
    expect(await asks(await addressOf(on, neighbour))).toBe('silence');
    expect(await asks(await addressOf(away, stranger))).toBe('silence');
  });
});
