import { officialImageOf } from './openclaw-image/index.ts';
import type { PlatformApi } from './platform-api.ts';
import { ApiRefusal } from './platform-api.ts';
import type { Report } from './report.ts';

const isConflict = (error: unknown): boolean => error instanceof ApiRefusal && error.status === 409;

interface Entered {
  id: string;
  generation: number;
  version: string;
  image: string | null;
  package: string | null;
}

async function find(api: PlatformApi, version: string): Promise<Entered | undefined> {
  const { body } = await api.get('/agent-versions?kind=openclaw&limit=200');
  return (body as { items: Entered[] }).items.find((entry) => entry.version === version);
}

/**
 * Enters a version of OpenClaw that instances can be made of, or what a known one lacked to run.
 * @returns false when it was known, with an image or package as the one given, before
 */
async function enter(
  api: PlatformApi,
  version: string,
  runsFrom: { image: string } | { package: string },
): Promise<boolean> {
  const known = await find(api, version);
  if (!known) await api.post('/agent-versions', { kind: 'openclaw', version, ...runsFrom });
  else if (known['image' in runsFrom ? 'image' : 'package'] !== null) return false;
  else await api.patchGeneration(`/agent-versions/${known.id}`, known.generation, runsFrom);
  return true;
}

/** @returns false when it was known with an image before */
export const registerAgentVersion = (api: PlatformApi, version: string, image: string): Promise<boolean> =>
  enter(api, version, { image });

/** For machines, which run no images. */
export const registerPackagedVersion = (api: PlatformApi, version: string, name: string): Promise<boolean> =>
  enter(api, version, { package: name });

/** For clusters without a node of ours: what the version's makers publish. Instances can be made, whoever runs them. */
export const registerOfficialVersion = (api: PlatformApi, version: string): Promise<boolean> =>
  registerAgentVersion(api, version, officialImageOf(version));

/**
 * Enters a version under the image that the node has. An earlier start without a node has entered the official one,
 * which this node may have no way to get; any other image was chosen by somebody, and stays.
 */
export async function registerNodeVersion(
  api: PlatformApi,
  { version, image, report }: { version: string; image: string; report: Report },
): Promise<void> {
  if (await registerAgentVersion(api, version, image)) return;
  const known = await find(api, version);
  if (!known || known.image === image || known.image !== officialImageOf(version)) return;
  try {
    await api.patchGeneration(`/agent-versions/${known.id}`, known.generation, { image });
  } catch (error) {
    if (!isConflict(error)) throw error;
    report(`instances of ${version} exist with the image ${known.image}, which stays; the node has ${image}`);
  }
}
