import { containerName } from './names.ts';
import type { Kinds, Stored } from './objects.ts';

/**
 * As which image the kubelet runs the agent, where its pod was made for `image`: `repository@sha256:…` of what was pulled,
 * the bare hash of its configuration where the image was brought to the node in another way. Null while it does not run.
 */
export function imageIdOf(pod: Stored<Kinds['Pod']> | undefined, image: string | undefined): string | null {
  const container = pod?.spec?.containers.find((one) => one.name === containerName);
  const status = pod?.status?.containerStatuses?.find((one) => one.name === containerName);
  if (pod?.metadata.deletionTimestamp || container?.image !== image || !status?.state?.running) return null;
  // The Docker engine puts a scheme of its own before it.
  return status.imageID?.replace(/^[a-z-]+:\/\//, '') || null;
}
