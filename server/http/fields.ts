import { z } from 'zod';

/** Names that become parts of host names and labels: RFC 1123, at most 63 characters. */
export const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower case letters, digits and hyphens, at most 63')
  .describe('A DNS label');

export const displayName = z.string().trim().min(1).max(100);

export const byId = z.strictObject({ id: z.uuid() });

/** What this caller may do with the object. */
export const permissionList = z.array(z.string()).describe('What the caller may do with it');

/** RFC 3339 in UTC, from an entity or from a row of hand-written SQL. */
export const timeOf = (time: Date | string): string => new Date(time).toISOString();
