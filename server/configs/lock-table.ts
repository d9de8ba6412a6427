import { placesAbove } from './json-pointer.ts';
import type { LayerName } from './layers.ts';

export interface Lock {
  place: string;
  by: LayerName;
}

/** Locked places; the highest layer that locks one is the one that is named. */
export class LockTable {
  readonly #places = new Map<string, Lock>();
  /** Places that hold a locked one. */
  readonly #around = new Map<string, Lock>();

  add(place: string, by: LayerName): void {
    if (this.#places.has(place)) return;
    const lock = { place, by };
    this.#places.set(place, lock);
    for (const around of placesAbove(place)) if (!this.#around.has(around)) this.#around.set(around, lock);
  }

  /** The lock that a write in one piece to this place would break: on the place itself, above it or within it. */
  broken(pointer: string): Lock | undefined {
    for (const place of placesAbove(pointer)) {
      const lock = this.#places.get(place);
      if (lock) return lock;
    }
    return this.#around.get(pointer);
  }
}
