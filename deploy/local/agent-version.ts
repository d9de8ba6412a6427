import { officialImageOf } from './openclaw-image/index.ts';
import { ApiRefusal } from './platform-api.ts';
import type { PlatformApi } from './platform-api.ts';
import type { Report } from './report.ts';

const isConflict = (error: unknown): boolean => error instanceof ApiRefusal && error.status === 409;

/** Enters a version of OpenClaw that instances can be made of. @returns false when it was known before */
export async function registerAgentVersion(api: PlatformApi, version: string, image: string): Promise<boolean> {
  try {
    await api.post('/agent-versions', { kind: 'openclaw', version, image });
    return true;
  } catch (error) {
    if (!isConflict(error)) throw error;
    return false;
  }
}

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
  const { body } = await api.get('/agent-versions?kind=openclaw&limit=100');
  const { items } = body as { items: { id: string; generation: number; version: string; image: string }[] };
  const known = items.find((entry) => entry.version === version);
  if (!known || known.image === image || known.image !== officialImageOf(version)) return;
  try {
    await api.patchGeneration(`/agent-versions/${known.id}`, known.generation, { image });
  } catch (error) {
    if (!isConflict(error)) throw error;
    report(`instances of ${version} exist with the image ${known.image}, which stays; the node has ${image}`);
  }
}
