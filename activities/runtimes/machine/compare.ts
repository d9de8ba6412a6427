import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Power } from '../../../workflows/contracts/phases.ts';
import type { Compared, Difference, InstanceRef, WorkloadSpec } from '../runtime.ts';
import { identityOf } from './fenced.ts';
import type { Keeper } from './keeper.ts';
import { templateOf } from './record.ts';

const Specification = z
  .object({
    power: z.enum(['on', 'off']),
    template: z.looseObject({ package: z.string(), resources: z.unknown(), assets: z.unknown() }),
    configuration: z.object({ files: z.record(z.string(), z.string()) }),
    filesAreThere: z.boolean(),
    stateIsThere: z.boolean(),
  })
  .nullable();

/** What a sync would change, by reading only. A changed value of a secret is no difference: a restart takes it up. */
export async function compare(
  keeper: Keeper,
  ref: InstanceRef,
  { spec, power }: { spec: Omit<WorkloadSpec, 'secretEnvironment'>; power: Power },
  signal: AbortSignal,
): Promise<Compared> {
  const found = await keeper.call('specification', identityOf(ref), Specification, signal);
  if (!found) return { differences: [missing('record')], imageId: null };
  const { template, configuration } = found;
  const wanted = templateOf(spec, {});
  const differences: Difference[] = [];
  if (!found.stateIsThere) differences.push(missing('state'));
  const same =
    found.filesAreThere &&
    isDeepStrictEqual(configuration.files, spec.configuration.files) &&
    isDeepStrictEqual(template.assets, wanted.assets);
  if (!same) {
    differences.push({ what: 'configuration', wanted: spec.configuration.hash, found: 'other files on the machine' });
  }
  if (template.package !== wanted.package) {
    differences.push({ what: 'image', wanted: wanted.package, found: template.package });
  }
  if (!isDeepStrictEqual(template.resources, wanted.resources)) {
    differences.push({ what: 'resources', wanted: text(wanted.resources), found: text(template.resources) });
  }
  if (found.power !== power) differences.push({ what: 'power', wanted: power, found: found.power });
  return { differences, imageId: null };
}

const missing = (wanted: string): Difference => ({ what: 'objects', wanted, found: 'missing' });

const text = (resources: unknown): string => JSON.stringify(resources);
