import type { ConfigLayer } from './layers.ts';

/**
 * Where a value of a rendered configuration (`/configuration/…`) was written: in a layer that instances share
 * (`/template/configuration/…`), or in the instance's own. As it is where that is not known, or more than one had a part.
 * @param own where the reader finds the instance's own layer: '' when that is the `configuration` of what was sent,
 *   `/instances/<name>` when it is one of many
 * @param provenance JSON pointer of each leaf -> its layer; null for a revision from before there were layers
 */
export function sourcePointer(
  pointer: string,
  own: string,
  provenance: Readonly<Record<string, ConfigLayer>> | null,
): string {
  const path = pointer.slice('/configuration'.length);
  const writers = new Set(
    Object.entries(provenance ?? {})
      .filter(([leaf]) => isWithin(leaf, path) || isWithin(path, leaf))
      .map(([, layer]) => layer),
  );
  writers.delete('default');
  const [layer, ...others] = writers;
  if (!layer || others.length > 0) return pointer;
  return layer === 'instance' ? `${own}${pointer}` : `/${layer}${pointer}`;
}

const isWithin = (pointer: string, place: string): boolean => pointer === place || pointer.startsWith(`${place}/`);
