import { z } from 'zod';
import type { Fault } from '../../../workflows/contracts/problems.ts';
import { pointerOf } from '../pointers.ts';
import { templateFaults } from './template.ts';

/**
 * A kind of agent as data: all that the platform has to know of a program that starts with a file, answers HTTP and
 * ends with a code. Whoever writes one needs no code of ours.
 */

const mountPath = z.string().regex(/^(\/[A-Za-z0-9._-]+)+$/, 'an absolute path');
const urlPath = z
  .string()
  .max(300)
  .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/, 'a path that begins with a slash');
const pointer = z
  .string()
  .max(300)
  .regex(/^(\/([^~/]|~0|~1)*)*$/, 'a JSON pointer');
const metric = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'the name of a Prometheus metric');
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/);
const exitCodes = z.array(z.int().min(0).max(255)).max(50);
const command = z.array(z.string().min(1).max(1_000)).min(1).max(50);
const resources = z.strictObject({
  cpuMillis: z.int().min(1),
  memoryBytes: z.int().min(1_048_576),
  storageBytes: z.int().min(1_048_576),
});

export const AgentKindDescription = z
  .strictObject({
    kind: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/),
    image: z.strictObject({ command: command.optional() }).nullable().default(null),
    package: z
      .strictObject({
        command: command.describe('{port} is where it shall listen, on loopback'),
        environment: z.record(variableName, z.string().max(4_000)).default({}),
      })
      .nullable()
      .default(null),
    port: z.int().min(1).max(65_535),
    user: z.strictObject({ uid: z.int().min(1), gid: z.int().min(1) }),
    gatewayTokenVariable: variableName.describe("Variable of the process with the instance's own token"),
    authorization: z
      .union([
        z.strictObject({ scheme: z.literal('bearer') }),
        z.strictObject({ scheme: z.literal('basic'), user: z.string().min(1).max(100) }),
        z.strictObject({ scheme: z.literal('none') }),
      ])
      .default({ scheme: 'bearer' }),
    configuration: z.strictObject({
      format: z.enum(['json', 'yaml', 'toml', 'env']),
      mountPath,
      file: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
      variable: z
        .string()
        .max(50)
        .includes('NAME')
        .nullable()
        .default(null)
        .describe('How the file names a variable of the process, such as ${NAME}; null where it cannot'),
      template: z.record(z.string(), z.unknown()).describe('Below the native part; see docs/agents.md'),
      owned: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Over the native part, which may not name its keys'),
      reload: z
        .union([
          z.strictObject({ by: z.enum(['restart', 'watching']) }),
          z.strictObject({ by: z.literal('http'), path: urlPath }),
        ])
        .default({ by: 'restart' }),
    }),
    environment: z.record(variableName, z.string().max(4_000)).default({}),
    state: z.strictObject({ mountPath, leftOut: z.array(z.string().min(1).max(200)).max(50).default([]) }),
    scratch: z
      .array(z.strictObject({ mountPath, sizeBytes: z.int().min(1_048_576) }))
      .max(10)
      .default([]),
    resources: z.strictObject({ default: resources, minimum: resources }),
    probes: z.strictObject({
      startup: urlPath,
      readiness: urlPath,
      liveness: urlPath,
      startupSeconds: z.int().min(1).max(3_600).default(120),
    }),
    proof: z
      .strictObject({
        path: urlPath,
        pointer: pointer.default(''),
        shows: z.enum(['file', 'mark']).describe('All of the file, or the value that the template calls {{/mark}}'),
      })
      .nullable()
      .default(null),
    work: z
      .strictObject({ path: urlPath, pointer: pointer.default('') })
      .nullable()
      .default(null)
      .describe('A value that changes whenever the agent takes on work, and outlives its process'),
    usage: z
      .strictObject({
        path: urlPath,
        started: metric.default('process_start_time_seconds').describe('Seconds since 1970'),
        callsSucceeded: metric.optional(),
        callsFailed: metric.optional(),
        runs: metric.optional(),
        tokensIn: metric.optional(),
        tokensOut: metric.optional(),
        costDollars: metric.optional(),
      })
      .nullable()
      .default(null),
    exits: z.strictObject({ clean: exitCodes.default([0, 143]), misconfigured: exitCodes.default([]) }).prefault({}),
    downgradeNeedsState: z.boolean().default(true),
    terminationGraceSeconds: z.int().min(1).max(3_600).default(30),
  })
  .meta({ id: 'AgentKindDescription' });
export type AgentKindDescription = z.infer<typeof AgentKindDescription>;

/** A description, or what is wrong with it, as pointers into it. */
export function readDescription(
  written: unknown,
): { description: AgentKindDescription; faults: [] } | { description: null; faults: Fault[] } {
  const read = AgentKindDescription.safeParse(written);
  if (!read.success) {
    return {
      description: null,
      faults: read.error.issues.map(({ path, message }) => ({
        pointer: pointerOf(path.map(placeOf)),
        detail: message,
      })),
    };
  }
  const faults = [...templateFaults(read.data.configuration), ...contradictions(read.data)];
  return faults.length > 0 ? { description: null, faults } : { description: read.data, faults: [] };
}

const placeOf = (segment: PropertyKey): string | number => (typeof segment === 'symbol' ? String(segment) : segment);

function contradictions(description: AgentKindDescription): Fault[] {
  const { image, package: fromPackage, configuration, state, scratch, proof, resources: needed } = description;
  const faults: Fault[] = [];
  const refuse = (place: string, detail: string): void => void faults.push({ pointer: place, detail });
  if (image === null && fromPackage === null) refuse('/image', 'It needs an image or a package to run from.');
  const mounts = [configuration.mountPath, state.mountPath, ...scratch.map((one) => one.mountPath)];
  if (new Set(mounts).size < mounts.length) refuse('/state/mountPath', 'Another mount has this path.');
  if (proof?.shows === 'file' && !['json', 'yaml'].includes(configuration.format)) {
    refuse('/proof/shows', 'A file of this format is proven by a mark.');
  }
  if (proof?.shows === 'mark' && !JSON.stringify(configuration).includes('{{/mark}}')) {
    refuse('/proof/shows', 'The template does not say {{/mark}} anywhere.');
  }
  if (configuration.reload.by !== 'restart' && proof === null) {
    refuse('/configuration/reload', 'Without a proof nobody could say when it was taken up: it has to restart.');
  }
  for (const name of ['cpuMillis', 'memoryBytes', 'storageBytes'] as const) {
    if (needed.default[name] < needed.minimum[name]) {
      refuse(`/resources/default/${name}`, 'The default is less than the minimum.');
    }
  }
  return faults;
}
