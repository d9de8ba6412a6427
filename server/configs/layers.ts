import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import type { LayerDocument } from './config-version.entity.ts';

/** From the top: a lower one overrides, a higher one can lock a value. */
export const configLayers = ['platform', 'tenant', 'project', 'template', 'instance'] as const;
export type LayerName = (typeof configLayers)[number];
/** `default`: nobody wrote it, the schema's own default stands. */
export type ConfigLayer = LayerName | 'default';

/** What one layer sets, and the places (JSON pointers) that no lower one may set. */
export interface Layer {
  name: LayerName;
  configuration: LayerDocument;
  locks: readonly string[];
}

/** A fault at the place where it was written: in the configuration of a layer, or (`layer` null) in the request. */
export interface LayerFault {
  code: ProblemCode;
  layer: LayerName | null;
  pointer: string;
  /** The variable that gave the value. */
  variable: string | null;
  detail: string;
}
