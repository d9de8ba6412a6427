import type { Gauge } from 'prom-client';
import { Problem } from '../../workflows/contracts/problem.ts';

/** How many answers may be under way at once that take as long as their reader likes: event streams, downloads. */
export interface StreamBounds {
  user: number;
  /** Of a person in several tenants a stream counts for each, and is refused where none has a place left. */
  tenant: number;
  process: number;
}

export interface StreamPlaces {
  /**
   * @returns what gives the place back, once however often it is called
   * @throws Problem 'request.too-many-streams', 'server.busy'
   */
  take(userId: string, tenantIds: readonly string[]): () => void;
}

/** Counted in each process by itself: a stream costs the memory and the socket of that one. */
export function streamPlaces({ user, tenant, process }: StreamBounds, gauge: Gauge): StreamPlaces {
  const taken = new Map<string, number>();
  let all = 0;
  const countOf = (key: string): number => taken.get(key) ?? 0;
  const add = (key: string, difference: 1 | -1): void => {
    const count = countOf(key) + difference;
    if (count > 0) taken.set(key, count);
    else taken.delete(key);
  };
  const change = (keys: readonly string[], difference: 1 | -1): void => {
    for (const key of keys) add(key, difference);
    all += difference;
    gauge.set(all);
  };
  return {
    take(userId, tenantIds) {
      if (all >= process) throw new Problem('server.busy');
      const tenants = tenantIds.map((id) => `tenant/${id}`);
      if (countOf(`user/${userId}`) >= user) throw tooMany(user, 'person');
      if (tenants.length > 0 && tenants.every((key) => countOf(key) >= tenant)) throw tooMany(tenant, 'tenant');
      const keys = [`user/${userId}`, ...tenants];
      change(keys, 1);
      let isGivenBack = false;
      return () => {
        if (!isGivenBack) change(keys, -1);
        isGivenBack = true;
      };
    },
  };
}

const tooMany = (atMost: number, of: string): Problem =>
  new Problem('request.too-many-streams', `${atMost} at once for each ${of}.`);
