import { join } from 'node:path';
import { registerPackagedVersion } from './agent-version.ts';
import { ensureDirectory } from './directories.ts';
import { defaultOpenClawVersion } from './openclaw-image/index.ts';
import { stopAgents } from './machine-agents.ts';
import type { PlatformApi } from './platform-api.ts';
import type { Report } from './report.ts';

const names = { tenant: 'home', project: 'first-steps', cluster: 'this-machine' };

interface Named {
  id: string;
  name: string;
}

/**
 * Lets agents run as processes beside the platform. A machine does not isolate, so that it belongs to one tenant, which
 * is made for whoever starts it, with a project for a first agent.
 */
export async function startOnMachine({
  data,
  api,
  report,
  keep,
}: {
  data: string;
  api: PlatformApi;
  report: Report;
  /** Takes over the agents, so that they are stopped in their turn. */
  keep: (agents: { stop(): Promise<void> }) => Promise<unknown>;
}): Promise<void> {
  const tenantId = await ensure(api, '/tenants', names.tenant, {});
  await ensure(api, '/projects', names.project, { tenantId });
  await registerPackagedVersion(api, defaultOpenClawVersion, `openclaw@${defaultOpenClawVersion}`);
  const directory = ensureDirectory(join(data, 'machine'));
  await keep({ stop: () => stopAgents(directory) });
  await ensure(api, '/clusters', names.cluster, { runtime: 'machine', tenantId, settings: { directory } });
  report(`agents run as processes of this machine, in ${directory}, for the tenant "${names.tenant}"`);
}

/** Found again at a later start, also where somebody has changed it since. */
async function ensure(api: PlatformApi, path: string, name: string, body: object): Promise<string> {
  const { items } = (await api.get(`${path}?limit=200&name=${name}`)).body as { items: Named[] };
  const known = items.find((item) => item.name === name);
  if (known) return known.id;
  return ((await api.post(path, { name, ...body })).body as Named).id;
}
