import { z } from 'zod';
import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { LayerDocument } from './config-version.entity.ts';

/**
 * Checked and documented as a configuration, kept as it was written: a default that the schema fills in would hide what
 * the layers above say. Parsing is synchronous, so that what came in last is what is being parsed.
 */
let written: LayerDocument = {};
export const OwnLayer = z.preprocess(
  (value) => {
    written = value as LayerDocument;
    return value;
  },
  UnifiedConfiguration.transform(() => written),
);
