import type { RuleFault } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { isObject } from '../json.ts';
import { nativeFaults } from '../native-faults.ts';
import { pointerOf } from '../pointers.ts';
import { fault, unifiedFaults } from '../unified-faults.ts';
import type { AgentKindDescription } from './description.ts';
import { dialectOf } from './dialect.ts';

export function check(description: AgentKindDescription, configuration: UnifiedConfiguration): RuleFault[] {
  const dialect = dialectOf(description);
  return [
    ...unifiedFaults(configuration, dialect),
    ...unsaidFaults(description, configuration),
    ...ownedFaults(description.configuration.owned, configuration.native, []),
    ...nativeFaults(configuration, dialect),
  ];
}

/** What the template has no place for is refused rather than left out in silence. */
function unsaidFaults(
  { kind, configuration: { template, owned, variable } }: AgentKindDescription,
  { agent, limits, providers }: UnifiedConfiguration,
): RuleFault[] {
  const text = JSON.stringify([template, owned]);
  const says = (...places: string[]): boolean => places.some((one) => text.includes(`{{${one}}}`));
  const faults: RuleFault[] = [];
  const refuse = (path: (string | number)[], said: boolean): void => {
    if (!said) faults.push(fault(path, `The description of ${kind} has no place for this.`));
  };
  if (agent.model !== undefined) refuse(['agent', 'model'], says('/agent/model', '/agent/modelId'));
  if (agent.heartbeatMinutes > 0) refuse(['agent', 'heartbeatMinutes'], says('/agent/heartbeatMinutes'));
  if (agent.timeoutSeconds !== undefined) refuse(['agent', 'timeoutSeconds'], says('/agent/timeoutSeconds'));
  if (limits.maxConcurrentRuns !== undefined) {
    refuse(['limits', 'maxConcurrentRuns'], says('/limits/maxConcurrentRuns'));
  }
  for (const [index, { apiKey }] of providers.entries()) {
    if (apiKey) refuse(['providers', index, 'apiKey'], variable !== null && says('./apiKey'));
  }
  return faults;
}

/** Every key that `owned` sets, and whatever would stand in the place of an object above one. */
function ownedFaults(owned: unknown, native: unknown, path: readonly string[]): RuleFault[] {
  if (native === undefined) return [];
  if (!isObject(owned) || !isObject(native) || Object.hasOwn(owned, '$each')) {
    const detail = `The platform sets ${path.join('.')} itself. Remove it from the native part.`;
    return [{ code: 'agent.configuration-owned', pointer: pointerOf(['native', ...path]), detail }];
  }
  return Object.entries(owned).flatMap(([key, value]) =>
    Object.hasOwn(native, key) ? ownedFaults(value, native[key], [...path, key]) : [],
  );
}
