import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { Revision } from '../revisions/revision.entity.ts';
import type { LayerDocument } from './config-version.entity.ts';
import { isObject, isSameJson } from './json.ts';

/**
 * The instance's own layer. A revision from before there were layers has its whole configuration as its layer, less
 * what is only the schema's default, which nobody wrote and which would hide every layer above.
 */
export const ownLayerOf = ({
  overrides,
  configuration,
}: Pick<Revision, 'overrides' | 'configuration'>): LayerDocument =>
  overrides ?? (without(configuration, UnifiedConfiguration.parse({})) as LayerDocument | undefined) ?? {};

function without(value: unknown, defaults: unknown): unknown {
  if (!isObject(value) || !isObject(defaults)) return isSameJson(value, defaults) ? undefined : value;
  const kept = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    const left = Object.hasOwn(defaults, key) ? without(member, defaults[key]) : member;
    return left === undefined ? [] : [[key, left]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
