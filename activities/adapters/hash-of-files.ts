import { createHash } from 'node:crypto';

/** As of `Rendered.hash`. */
export function hashOfFiles(files: Record<string, string>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).toSorted()) hash.update(`${name}\0${files[name]}\0`);
  return hash.digest('hex');
}
