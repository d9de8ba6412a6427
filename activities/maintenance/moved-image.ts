import type { Difference } from '../runtimes/runtime.ts';

interface Running {
  /** As the agent version names it; with a digest where that has one. */
  image: string;
  digest: string | null;
  /** As which image it was found running first; null at the first look. */
  pinned: string | null;
  /** As which image it runs now; null where nobody can say. */
  found: string | null;
}

/**
 * Whether another image runs under the same name. What was pulled is held against the digest of the agent version; where
 * that has none, or the image came to the node in another way, against what was found first: a tag may be moved.
 */
export function movedImage({ image, digest, pinned, found }: Running): Difference[] {
  if (!found) return [];
  const wanted = digest && found.includes('@') ? digest : pinned;
  if (!wanted || hashOf(wanted) === hashOf(found)) return [];
  return [{ what: 'image', wanted: digest ? image : `${image} as ${hashOf(wanted)}`, found }];
}

const hashOf = (id: string): string => id.slice(id.indexOf('@') + 1);
