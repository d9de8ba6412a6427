import type { RuleFault } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { nativeFaults } from '../native-faults.ts';
import { fault, unifiedFaults } from '../unified-faults.ts';
import { openCodeDialect } from './dialect.ts';
import { ownedKeyFaults } from './owned-keys.ts';

/** All rules of the platform beyond the schema; pointers into the unified configuration. */
export const check = (configuration: UnifiedConfiguration): RuleFault[] => [
  ...unifiedFaults(configuration, openCodeDialect),
  ...fileFaults(configuration),
  ...unknownFaults(configuration),
  ...ownedKeyFaults(configuration.native),
  ...nativeFaults(configuration, openCodeDialect),
];

function fileFaults({ providers }: UnifiedConfiguration): RuleFault[] {
  return providers.flatMap(({ baseUrl, models }, index) => [
    ...included(baseUrl, ['providers', index, 'baseUrl']),
    ...models.flatMap(({ id, name }, at) => [
      ...included(id, ['providers', index, 'models', at, 'id']),
      ...included(name, ['providers', index, 'models', at, 'name']),
    ]),
  ]);
}

const included = (text: string | undefined, path: (string | number)[]): RuleFault[] =>
  text?.includes('{file:') ? [fault(path, 'Other files cannot be included here.')] : [];

/** What the unified part can say and OpenCode has no word for is refused rather than left out in silence. */
function unknownFaults({ agent, limits }: UnifiedConfiguration): RuleFault[] {
  const faults: RuleFault[] = [];
  if (agent.heartbeatMinutes > 0) faults.push(fault(['agent', 'heartbeatMinutes'], 'OpenCode has no heartbeat.'));
  if (agent.timeoutSeconds !== undefined) {
    faults.push(fault(['agent', 'timeoutSeconds'], 'OpenCode has no limit of time for its runs.'));
  }
  if (limits.maxConcurrentRuns !== undefined) {
    faults.push(fault(['limits', 'maxConcurrentRuns'], 'OpenCode has no limit for runs at the same time.'));
  }
  return faults;
}
