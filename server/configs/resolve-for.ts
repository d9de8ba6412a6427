import { Problem } from '../../workflows/contracts/problem.ts';
import type { LayerDocument } from './config-version.entity.ts';
import type { LayerReader } from './layer-reader.ts';
import type { ResolvedLayers } from './resolve-layers.ts';

/** What an instance says of itself: the template that it is bound to, its variables, its own layer. */
export interface WantedLayers {
  template: { id: string; version: number } | null;
  variables: Record<string, unknown>;
  overrides: LayerDocument;
}

/**
 * The layers that hold for an instance of a project, resolved.
 * @throws Problem 'config.unknown' (also for a template of another project), 'config.version-unknown',
 *   'config.kind-mismatch'
 */
export async function resolveFor(
  layers: LayerReader,
  agentKind: string,
  place: { tenantId: string; projectId: string },
  { template: bound, variables, overrides }: WantedLayers,
): Promise<ResolvedLayers> {
  const above = await layers.layersAbove(place, agentKind);
  const found = bound && (await layers.version(place.tenantId, bound.id, bound.version));
  if (found?.template.projectId && found.template.projectId !== place.projectId) {
    throw new Problem('config.unknown', found.template.id);
  }
  if (found && found.template.agentKind !== agentKind) {
    throw new Problem('config.kind-mismatch', `${found.template.name} is for ${found.template.agentKind}`);
  }
  const key = [place.tenantId, place.projectId, agentKind, bound?.id, bound?.version];
  return layers.resolve(key, { above, template: found?.version ?? null, variables, instance: overrides });
}
