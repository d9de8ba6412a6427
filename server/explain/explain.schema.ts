import { z } from 'zod';
import { permissions } from '../access/permissions.ts';

const Person = z.strictObject({ userId: z.uuid(), name: z.string(), displayName: z.string() }).meta({ id: 'Person' });

const Reason = z
  .strictObject({
    assignmentId: z.uuid(),
    role: z.string().describe('As assignments name it'),
    roleName: z.string().nullable(),
    tenantId: z.uuid().nullable().describe('null on the platform'),
    projectId: z.uuid().nullable().describe('null in the whole tenant'),
    onlyOwn: z.boolean().describe('Because the person has made the instance himself'),
  })
  .meta({ id: 'GrantingAssignment' });

export const ExplainQuery = z.strictObject({
  permission: z.enum(permissions),
  userId: z.uuid().optional().describe('Whose right; the caller’s own when left out'),
  tenantId: z.uuid().optional().describe('Where; on the platform when nothing is named'),
  projectId: z.uuid().optional().describe('Of the tenant that is named'),
  instanceId: z.uuid().optional().describe('Says the project, and who has made it'),
});

export const Explanation = z
  .strictObject({
    permission: z.enum(permissions),
    tenantId: z.uuid().nullable(),
    projectId: z.uuid().nullable(),
    person: Person,
    allowed: z.boolean(),
    because: z.array(Reason).describe('Every assignment that allows it; empty where nothing does'),
    missing: z
      .strictObject({
        roles: z
          .array(z.strictObject({ role: z.string(), roleName: z.string().nullable(), onlyOwn: z.boolean() }))
          .describe('Each of them, held here, would allow it'),
        heldElsewhere: z.array(Reason).describe('Of the person’s roles those that allow it, but in another place'),
      })
      .nullable()
      .describe('null where it is allowed'),
    holders: z
      .array(z.strictObject({ person: Person, because: z.array(Reason) }))
      .nullable()
      .describe('Who can do it here, up to 100; null where the caller may not see the members'),
    granters: z
      .array(Person)
      .nullable()
      .describe('Who can give it here, up to 100; null where the caller may not see the members'),
  })
  .meta({ id: 'AccessExplanation' });
export type Explanation = z.output<typeof Explanation>;
