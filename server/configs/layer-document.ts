import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import { faultsOf } from '../http/faults.ts';
import type { LayerDocument } from './config-version.entity.ts';
import { isShallowerThan } from './json.ts';
import { isAtOrBelow, placesAbove } from './json-pointer.ts';
import type { Layer } from './layers.ts';
import { mergeLayers } from './merge-layers.ts';
import { declaredVariables, variableSchemaFaults } from './variable-check.ts';
import { referencesIn } from './variable-references.ts';

const maxDepth = 42;

/** What is wrong with a layer by itself: every layer is a configuration in which everything may be left out. */
function layerFaults(configuration: LayerDocument): Fault[] {
  if (!isShallowerThan(configuration, maxDepth)) return [{ pointer: '', detail: 'Nested too deeply.' }];
  const merged = mergeLayers([{ name: 'instance', configuration, locks: [] }]);
  if (merged.faults.length > 0) return merged.faults.map(({ pointer, detail }) => ({ pointer, detail }));
  const { error } = UnifiedConfiguration.safeParse(merged.document);
  return error ? faultsOf(error, '') : [];
}

/** Of a layer that takes no variables: a reference would be a value that nobody meant. */
export function plainLayerFaults(configuration: LayerDocument): Fault[] {
  const faults = layerFaults(configuration);
  if (faults.length > 0) return faults;
  const { places, broken } = referencesIn(configuration);
  return [...places.keys(), ...broken].map((pointer) => ({ pointer, detail: 'Only templates have variables.' }));
}

export interface TemplateContent {
  configuration: LayerDocument;
  variables: Record<string, unknown>;
  locks: string[];
}

/** Faults of a template's content before any value is known; pointers into the content. */
export function contentFaults({ configuration, variables }: TemplateContent): Fault[] {
  const ofSchema = variableSchemaFaults(variables).map((fault) => below('/variables', fault));
  if (!isShallowerThan(configuration, maxDepth)) return [{ pointer: '/configuration', detail: 'Nested too deeply.' }];
  const { places, broken } = referencesIn(configuration);
  const declared = new Set(declaredVariables(variables));
  const unknown = [...places].flatMap(([pointer, name]): Fault[] =>
    declared.has(name) ? [] : [{ pointer, detail: `There is no variable ${name} in the schema.` }],
  );
  const mixed = broken.map((pointer): Fault => ({ pointer, detail: '$variable stands alone, with a name.' }));
  // What a variable will give is not known yet.
  const written = layerFaults(configuration).filter(({ pointer }) => !isGiven(pointer, places));
  return [...ofSchema, ...[...mixed, ...unknown, ...written].map((fault) => below('/configuration', fault))];
}

/** Places of a layer that one above it has locked. */
export const lockFaults = (above: readonly Layer[], layer: Layer): Fault[] =>
  mergeLayers([...above, layer])
    .faults.filter((fault) => fault.layer === layer.name && fault.code === 'config.value-locked')
    .map(({ pointer, detail }) => below('/configuration', { pointer, detail }));

const below = (base: string, { pointer, detail }: Fault): Fault => ({ pointer: base + pointer, detail });

const isGiven = (pointer: string, places: ReadonlyMap<string, string>): boolean =>
  [...placesAbove(pointer)].some((place) => places.has(place)) ||
  [...places.keys()].some((place) => pointer !== '' && isAtOrBelow(place, pointer));
