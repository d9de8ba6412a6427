import type { RuleFault } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { nativeFaults } from '../native-faults.ts';
import { unifiedFaults } from '../unified-faults.ts';
import { openClawDialect } from './dialect.ts';
import { ownedKeyFaults } from './owned-keys.ts';

/** All rules of the platform beyond the schema; pointers into the unified configuration. */
export const check = (configuration: UnifiedConfiguration): RuleFault[] => [
  ...unifiedFaults(configuration, openClawDialect),
  ...ownedKeyFaults(configuration.native),
  ...nativeFaults(configuration, openClawDialect),
];
