import { z } from 'zod';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { StorageConfig } from '../../server/config.ts';
import { Lru } from '../../server/access/lru.ts';
import type { ObjectStore } from './object-store.ts';
import { noStore, s3Store } from './s3-store.ts';
import { tenantCredentials } from './tenant-credentials.ts';
import { tenantsPrefix } from './tenants-prefix.ts';
import { walled } from './walled.ts';

/** The one bucket, by whose part of it. Each part refuses keys of another one before anything is sent. */
export interface Storage {
  readonly bucket: string;
  /** What is no tenant's, such as checkpoints of the audit. */
  readonly platform: ObjectStore;
  /**
   * What is the tenant's, below `tenants/<id>/`. Where the server gives credentials for a session, it is asked with ones
   * that reach nothing else, so that it refuses what the wall here would let through by a fault of ours.
   */
  of(tenantId: string): ObjectStore;
}

const keptTenants = 500;

export function s3Storage(config: StorageConfig): Storage {
  const { bucket, sts } = config;
  const whole = s3Store(config);
  const tenants = new Lru<string, ObjectStore>(keptTenants);
  const open = (id: string): ObjectStore => {
    const prefix = prefixOf(id);
    const own = sts ? s3Store({ ...config, credentials: tenantCredentials(config, sts, { id, prefix }) }) : whole;
    // A bucket is nothing that a tenant's credentials are asked for.
    return walled({ ...own, check: whole.check }, (key) => key.startsWith(prefix));
  };
  return {
    bucket,
    platform: walled(whole, (key) => !key.startsWith(tenantsPrefix)),
    of(tenantId) {
      const known = tenants.get(tenantId) ?? open(tenantId);
      tenants.set(tenantId, known);
      return known;
    },
  };
}

/** Stands where no storage was configured. */
export function noStorage(): Storage {
  const store = noStore();
  return { bucket: store.bucket, platform: store, of: () => store };
}

/** @throws Problem 'storage.refused' for what is no id, and could lead somewhere else */
function prefixOf(tenantId: string): string {
  if (!z.uuid().safeParse(tenantId).success) throw new Problem('storage.refused', 'This tenant has no storage.');
  return `${tenantsPrefix}${tenantId.toLowerCase()}/`;
}
