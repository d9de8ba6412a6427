import type { ConfigLayer } from '../api/types.ts';
import { segmentsOf } from './json-pointer.ts';

export interface ValueSource {
  pointer: string;
  value: unknown;
  layer: ConfigLayer;
}

/** Each value of a rendered configuration with the layer that it comes from. */
export function valueSources(
  configuration: Record<string, unknown>,
  provenance: Readonly<Record<string, ConfigLayer>>,
): ValueSource[] {
  return Object.entries(provenance)
    .map(([pointer, layer]) => ({ pointer, layer, value: valueAt(configuration, pointer) }))
    .toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1));
}

const valueAt = (document: unknown, pointer: string): unknown =>
  segmentsOf(pointer).reduce<unknown>(
    (value, segment) => (typeof value === 'object' && value ? Reflect.get(value, segment) : undefined),
    document,
  );
