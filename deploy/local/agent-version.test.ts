import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildUser, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { registerAgentVersion, registerNodeVersion, registerOfficialVersion } from './agent-version.ts';
import { platformApi, type PlatformApi } from './platform-api.ts';

let server: TestApi;
let api: PlatformApi;
beforeAll(async () => {
  server = await startApi();
  api = platformApi(server.url, await buildUser(server.db, { role: 'platform-administrator' }));
});
afterAll(() => server?.close());

let version: string;
beforeEach(() => {
  version = uniqueName('v');
});

async function imageOf(wanted: string): Promise<string | undefined> {
  const { body } = await (await signInAsAdministrator(server)).get('/agent-versions?limit=100');
  const { items } = body as { items: { version: string; image: string }[] };
  return items.find((entry) => entry.version === wanted)?.image;
}
const registerNode = (image: string) => registerNodeVersion(api, { version, image, report: () => undefined });

describe('the version of OpenClaw that a start brings along', () => {
  it('is the official image where there is no node, at every start', async () => {
    expect(await registerOfficialVersion(api, version)).toBe(true);
    expect(await registerOfficialVersion(api, version)).toBe(false);
    expect(await imageOf(version)).toBe(`openclaw/openclaw:${version}`);
  });

  it('is the image that the node has, also where a start without a node came before', async () => {
    await registerOfficialVersion(api, version);
    await registerNode(`localhost/openclaw:${version}`);
    expect(await imageOf(version)).toBe(`localhost/openclaw:${version}`);
    await registerOfficialVersion(api, version);
    expect(await imageOf(version)).toBe(`localhost/openclaw:${version}`);
  });

  it('stays as somebody has entered it', async () => {
    await registerAgentVersion(api, version, 'registry.example.test/openclaw:own');
    await registerNode(`localhost/openclaw:${version}`);
    expect(await imageOf(version)).toBe('registry.example.test/openclaw:own');
  });
});
