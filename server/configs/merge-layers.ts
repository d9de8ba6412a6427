import { isObject } from './json.ts';
import { pathOf, pointerOf } from './json-pointer.ts';
import { LockTable, type Lock } from './lock-table.ts';
import type { Layer, LayerFault, LayerName } from './layers.ts';
import type { LayerDocument } from './config-version.entity.ts';

export interface MergedLayers {
  document: LayerDocument;
  /** Pointer of what was written in one piece (a scalar, an array, an empty object) -> the layer that wrote it. */
  sources: ReadonlyMap<string, LayerName>;
  /** Writes to locked places; they were not made. */
  faults: LayerFault[];
}

/** From the top down: objects are merged member by member, everything else, arrays too, is replaced whole. */
export function mergeLayers(layers: readonly Layer[]): MergedLayers {
  const document: LayerDocument = {};
  const sources = new Map<string, LayerName>();
  const locks = new LockTable();
  const faults: LayerFault[] = [];

  const write = (into: Record<string, unknown>, key: string, value: unknown, path: string[], by: LayerName): void => {
    const present = Object.hasOwn(into, key) ? into[key] : undefined;
    if (isObject(value) && (present === undefined || isObject(present)) && Object.keys(value).length > 0) {
      const below: Record<string, unknown> = present ?? {};
      writeAll(below, value, path, by);
      if (Object.keys(below).length > 0) into[key] = below;
      return;
    }
    // It sets nothing.
    if (isObject(value) && isObject(present)) return;
    const pointer = pointerOf(path);
    const lock = locks.broken(pointer);
    if (lock) {
      faults.push(lockedFault(by, pointer, lock));
      return;
    }
    for (const piece of piecesOf(present, path)) sources.delete(piece);
    if (isObject(value) && Object.keys(value).length > 0) {
      into[key] = {};
      write(into, key, value, path, by);
      return;
    }
    into[key] = isObject(value) ? {} : value;
    sources.set(pointer, by);
  };
  const writeAll = (into: Record<string, unknown>, from: object, path: string[], by: LayerName): void => {
    for (const [key, value] of Object.entries(from)) {
      if (key === '__proto__') faults.push(prototypeFault(by, pointerOf([...path, key])));
      else write(into, key, value, [...path, key], by);
    }
  };

  for (const layer of layers) {
    writeAll(document, layer.configuration, [], layer.name);
    for (const place of layer.locks) locks.add(place, layer.name);
  }
  return { document, sources, faults };
}

/** Places of a value's pieces: its own, or those of an object's members. */
function piecesOf(value: unknown, path: string[]): string[] {
  const members = isObject(value) ? Object.entries(value) : [];
  if (members.length === 0) return [pointerOf(path)];
  return members.flatMap(([key, member]) => piecesOf(member, [...path, key]));
}

const lockedFault = (layer: LayerName, pointer: string, { place, by }: Lock): LayerFault => ({
  code: 'config.value-locked',
  layer,
  pointer,
  variable: null,
  detail: `The ${by} layer locks ${place === '' ? 'the whole configuration' : place}.`,
});

const prototypeFault = (layer: LayerName, pointer: string): LayerFault => ({
  code: 'agent.configuration-refused',
  layer,
  pointer,
  variable: null,
  detail: `A key cannot be called ${pathOf(pointer).at(-1)}.`,
});
