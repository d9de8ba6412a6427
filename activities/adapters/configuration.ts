import { z } from 'zod';

/**
 * The unified configuration of an agent, the same for every kind; an adapter renders it to native files.
 * Secrets appear only as references: the value is read inside the runtime.
 */

const secretReference = z.strictObject({ secret: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/) }).meta({
  id: 'SecretReference',
  description: 'Name of a secret of the project, or else of the tenant',
});

export const ModelProvider = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/),
    baseUrl: z.url({ protocol: /^https?$/ }).max(500),
    api: z.enum(['openai-completions', 'openai-responses', 'anthropic-messages', 'google-generative-ai']),
    apiKey: secretReference.optional(),
    models: z
      .array(
        z.strictObject({
          id: z.string().min(1).max(200),
          name: z.string().min(1).max(200).optional(),
          contextWindow: z.int().min(1_000).max(10_000_000).default(128_000),
          maxTokens: z.int().min(1).max(1_000_000).default(4_096),
          reasoning: z.boolean().default(false),
          costPerMillionTokens: z
            .strictObject({ input: z.number().min(0), output: z.number().min(0) })
            .optional()
            .describe('In US dollars'),
        }),
      )
      .min(1)
      .max(100),
  })
  .meta({ id: 'ModelProvider' });

const nativeDepth = 40;

/** JSON of a bounded depth, checked without recursion; zod itself would drop a member called `__proto__` in silence. */
const nativePart = z.preprocess(
  (value, context) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      context.addIssue({
        code: 'custom',
        path: ['__proto__'],
        message: 'A key cannot be called __proto__',
      });
    }
    return value;
  },
  z.record(z.string(), z.unknown()).refine((value) => isShallowerThan(value, nativeDepth), {
    message: `Nested deeper than ${nativeDepth} levels`,
  }),
);

function isShallowerThan(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let left = depth; level.length > 0; left--) {
    if (left === 0) return false;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return true;
}

export type ModelProvider = z.infer<typeof ModelProvider>;

export const UnifiedConfiguration = z
  .strictObject({
    providers: z.array(ModelProvider).max(50).default([]),
    agent: z
      .strictObject({
        model: z
          .string()
          .max(300)
          .optional()
          .describe('provider/model; left out: the first model of the first provider'),
        heartbeatMinutes: z.int().min(0).max(1_440).default(0).describe('0 = no calls of its own'),
        timeoutSeconds: z.int().min(10).max(3_600).optional(),
      })
      .prefault({}),
    limits: z
      .strictObject({
        maxConcurrentRuns: z.int().min(1).max(64).optional(),
      })
      .prefault({}),
    logging: z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']).default('info') }).prefault({}),
    environment: z
      .record(z.string().regex(/^[A-Z][A-Z0-9_]{0,100}$/), z.union([z.string().max(4_000), secretReference]))
      .refine((variables) => Object.keys(variables).length <= 200, 'At most 200 variables')
      .meta({ maxProperties: 200 })
      .default({})
      .describe('Variables of the process; the native part reads them as ${NAME}'),
    native: nativePart
      .default({})
      .describe('Merged into the native file, over the unified part and below the keys that the platform owns'),
  })
  .meta({ id: 'Configuration' });
export type UnifiedConfiguration = z.infer<typeof UnifiedConfiguration>;
/** As a caller writes it: defaults may be left out. */
export type UnifiedConfigurationInput = z.input<typeof UnifiedConfiguration>;
