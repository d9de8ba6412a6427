import type { AccessScope } from '../http/route.ts';
import type { Permission } from './permissions.ts';

/** Who is asking, with his rights as they are at this moment (read anew for every request). */
export interface Caller {
  readonly userId: string;
  readonly name: string;
  readonly displayName: string;
  readonly sessionId: string;
  readonly assignments: readonly Assignment[];
  /** Holds a role on the platform itself; his transactions see every tenant. */
  readonly isPlatform: boolean;
  /** Tenants in which he holds any role. */
  readonly tenantIds: readonly string[];

  can(permission: Permission, on: AccessScope): boolean;
  /** Where he has this permission, for filtering lists in SQL. */
  reach(permission: Permission): Reach;
}

export interface Assignment {
  role: string;
  tenantId: string | null;
  projectId: string | null;
  /** Of a tenant's own role: which definition of it was in force when this was read; null for a built-in one. */
  roleGeneration?: number | null;
}

/** `everything`, or whole tenants plus single projects. */
export type Reach = 'everything' | { tenantIds: readonly string[]; projectIds: readonly string[] };
