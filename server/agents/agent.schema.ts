import { z } from 'zod';
import { permissionList } from '../http/fields.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';

const kind = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/);
const image = z
  .string()
  .max(500)
  .regex(/^[a-z0-9][A-Za-z0-9._/:-]*[A-Za-z0-9]$/, 'a reference to a container image, without a digest')
  .describe('Name and tag');
const imageDigest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .nullable()
  .describe('Pins the image whatever its tag comes to mean');
const fromPackage = z
  .string()
  .max(300)
  .regex(
    /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*@\d+\.\d+\.\d+([-+][A-Za-z0-9.+-]*)?$/,
    'name@version of an npm package, exactly',
  )
  .describe('npm package, name and exact version, for clusters that run no images');
const somethingToRun = { error: 'an image or a package', path: ['image'] };
const status = z
  .enum(['allowed', 'deprecated', 'withdrawn'])
  .describe('A deprecated version can still be chosen, a withdrawn one cannot; instances that run it go on');

const Resources = z
  .strictObject({ cpuMillis: z.int(), memoryBytes: z.int(), storageBytes: z.int() })
  .meta({ id: 'Resources' });

export const AgentKind = z
  .strictObject({
    kind: z.string(),
    capabilities: z
      .strictObject({
        hotConfiguration: z.boolean(),
        nativeValidation: z.boolean(),
        proof: z.boolean(),
        suspend: z.boolean(),
        downgradeNeedsState: z.boolean(),
        usageSince: z.string().nullable().describe('Oldest version that tells what it does; null where none can'),
      })
      .describe('What the platform can do with this kind of agent'),
    defaultResources: Resources,
    minimumResources: Resources,
  })
  .meta({ id: 'AgentKind' });

export const AgentKindList = pageOf(AgentKind, 'AgentKindList');

export const NewAgentVersion = z
  .strictObject({
    kind,
    version: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.+-]*$/),
    image: image.nullable().default(null),
    imageDigest: imageDigest.default(null),
    package: fromPackage.nullable().default(null),
    status: status.default('allowed'),
  })
  .refine((body) => body.image !== null || body.package !== null, somethingToRun)
  .refine((body) => body.imageDigest === null || body.image !== null, { error: 'of an image', path: ['imageDigest'] })
  .meta({
    id: 'NewAgentVersion',
    anyOf: [
      { required: ['image'], properties: { image: { type: 'string' } } },
      {
        required: ['package'],
        properties: { package: { type: 'string' }, imageDigest: { type: 'null' } },
      },
    ],
  });

export const AgentVersionPatch = z
  .strictObject({
    status: status.optional(),
    image: image.optional(),
    imageDigest: imageDigest.optional(),
    package: fromPackage.optional(),
  })
  .meta({ id: 'AgentVersionPatch' });
export type AgentVersionPatch = z.output<typeof AgentVersionPatch>;

export const AgentVersionAnswer = z
  .strictObject({
    id: z.uuid(),
    kind: z.string(),
    version: z.string(),
    image: z.string().nullable(),
    imageDigest: z.string().nullable(),
    package: z.string().nullable(),
    status,
    generation: z.int(),
    createdAt: z.iso.datetime(),
    permissions: permissionList,
  })
  .meta({ id: 'AgentVersion' });
export type AgentVersionAnswer = z.infer<typeof AgentVersionAnswer>;

export const AgentVersionList = pageOf(AgentVersionAnswer, 'AgentVersionList');

export const AgentVersionQuery = z.strictObject({
  ...pageQuery,
  kind: kind.optional(),
  status: repeated(status),
  sort: z.enum(['version', '-version', 'createdAt', '-createdAt']).default('-createdAt'),
});
