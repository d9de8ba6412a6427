import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import { faultsOf } from '../http/faults.ts';
import type { LayerDocument } from './config-version.entity.ts';
import { isObject, valueAt } from './json.ts';
import { isAtOrBelow, pathOf, placesAbove, pointerOf } from './json-pointer.ts';
import { configLayers, type ConfigLayer, type Layer, type LayerFault, type LayerName } from './layers.ts';
import { mergeLayers, type MergedLayers } from './merge-layers.ts';
import { checkVariables } from './variable-check.ts';
import { referencesIn, substitute } from './variable-references.ts';

export interface TemplateLayer {
  configuration: LayerDocument;
  variables: Record<string, unknown>;
  locks: readonly string[];
}

export interface LayersToResolve {
  /** Platform, tenant, project: those that there are. */
  above: readonly Layer[];
  template: TemplateLayer | null;
  variables: Record<string, unknown>;
  instance: LayerDocument;
}

export interface ResolvedLayers {
  /** Null where the layers make no configuration; then there are faults. */
  configuration: UnifiedConfiguration | null;
  /** Pointer of every leaf of the configuration -> the layer that its value comes from. */
  provenance: Record<string, ConfigLayer>;
  faults: LayerFault[];
  /** Where a value of the configuration was written, for faults that are found in it later. */
  locate(pointer: string): Place;
}

type Place = Pick<LayerFault, 'layer' | 'pointer' | 'variable'>;

/** What the layers and the variables' values make together. Pure: the same input gives the same answer. */
export function resolveLayers({ above, template, variables, instance }: LayersToResolve): ResolvedLayers {
  const filled = fillTemplate(template, variables);
  const merged = mergeLayers([
    ...above,
    ...(template ? [{ name: 'template', configuration: filled.document, locks: template.locks } as const] : []),
    { name: 'instance', configuration: instance, locks: [] },
  ]);
  const locate = (pointer: string): Place => placeOf(pointer, merged, filled.places);
  const parsed = UnifiedConfiguration.safeParse(merged.document);
  const ofSchema = parsed.success
    ? []
    : faultsOf(parsed.error, '').map(({ pointer, detail }) => refused(locate(pointer), detail));
  const faults = [...filled.faults, ...merged.faults.map(withVariable), ...ofSchema, ...strayReferences(instance)];
  return {
    configuration: parsed.success && filled.faults.length === 0 ? parsed.data : null,
    provenance: parsed.success ? provenanceOf(parsed.data, merged) : {},
    faults,
    locate,
  };

  function withVariable(fault: LayerFault): LayerFault {
    return fault.layer === 'template' ? { ...fault, ...referenceAt(fault.pointer, filled.places) } : fault;
  }
}

interface FilledTemplate {
  document: LayerDocument;
  places: Map<string, string>;
  faults: LayerFault[];
}

function fillTemplate(template: TemplateLayer | null, variables: Record<string, unknown>): FilledTemplate {
  const checked = checkVariables(template?.variables ?? {}, variables);
  const faults = checked.faults.map(({ pointer, detail }): LayerFault => {
    const [variable = null] = pathOf(pointer);
    return { code: 'config.variables-invalid', layer: null, pointer: `/variables${pointer}`, variable, detail };
  });
  if (!template) return { document: {}, places: new Map(), faults };
  const { document, missing } = substitute(template.configuration, checked.values);
  const unset = missing.map(({ pointer, variable }): LayerFault => ({
    code: 'config.variables-invalid',
    layer: 'template',
    pointer,
    variable,
    detail: `An item of a list cannot be left out: ${variable} needs a value.`,
  }));
  return { document, places: referencesIn(template.configuration).places, faults: [...faults, ...unset] };
}

/** Where they can stand at all, in native parts, they would reach the agent as they are. */
function strayReferences(instance: LayerDocument): LayerFault[] {
  const { places, broken } = referencesIn(instance);
  return [...places.keys(), ...broken].map((pointer) =>
    refused({ layer: 'instance', pointer, variable: null }, 'Only templates have variables.'),
  );
}

const refused = (place: Place, detail: string): LayerFault => {
  const code: ProblemCode = 'agent.configuration-refused';
  return { code, ...place, detail };
};

/** The layer that wrote it; for an object that several share, the lowest of them. */
function placeOf(pointer: string, { sources }: MergedLayers, references: Map<string, string>): Place {
  const layer = writerOf(pointer, sources) ?? lowestBelow(pointer, sources);
  if (layer !== 'template') return { layer, pointer, variable: null };
  return { layer, pointer, variable: null, ...referenceAt(pointer, references) };
}

function writerOf(pointer: string, sources: MergedLayers['sources']): LayerName | null {
  for (const place of placesAbove(pointer)) {
    const layer = sources.get(place);
    if (layer) return layer;
  }
  return null;
}

function lowestBelow(pointer: string, sources: MergedLayers['sources']): LayerName | null {
  const below = new Set([...sources].filter(([place]) => isAtOrBelow(place, pointer)).map(([, layer]) => layer));
  return configLayers.findLast((layer) => below.has(layer)) ?? null;
}

/** What a variable gave is at fault where the template refers to it. */
function referenceAt(pointer: string, references: Map<string, string>): Partial<Place> {
  for (const place of placesAbove(pointer)) {
    const variable = references.get(place);
    if (variable !== undefined) return { pointer: place, variable };
  }
  return {};
}

function provenanceOf(configuration: UnifiedConfiguration, merged: MergedLayers): Record<string, ConfigLayer> {
  const provenance: [string, ConfigLayer][] = [];
  const visit = (value: unknown, path: string[]): void => {
    const members = Array.isArray(value) || isObject(value) ? Object.entries(value) : [];
    if (members.length > 0) {
      for (const [key, member] of members) visit(member, [...path, key]);
      return;
    }
    const pointer = pointerOf(path);
    const written = valueAt(merged.document, path) !== undefined;
    provenance.push([pointer, (written && writerOf(pointer, merged.sources)) || 'default']);
  };
  visit(configuration, []);
  return Object.fromEntries(provenance);
}
