import { Problem } from '../../workflows/contracts/problem.ts';

/** @throws Problem 'agent.version-unfit' where the version has no image */
export function requireImage(image: string | null): string {
  if (image === null) throw new Problem('agent.version-unfit', 'This cluster runs images, and the version has none.');
  return image;
}
