import type { VersionToRun } from '../../activities/adapters/adapter.ts';
import type { AgentVersion } from './agent-version.entity.ts';

/** What an agent version runs from: an image pinned where a digest is known. */
export const versionToRun = ({
  version,
  image = null,
  imageDigest,
  package: fromPackage = null,
}: AgentVersion): VersionToRun => ({
  version,
  image: image !== null && imageDigest ? `${image}@${imageDigest}` : image,
  package: fromPackage,
});
