import type { RuleFault } from '../adapter.ts';
import { type JsonObject, isObject } from '../json.ts';
import { pointerOf } from '../pointers.ts';
import { placeholder } from './dialect.ts';
import { assetsVariable } from './process.ts';

/** Counts for the platform what the agent does. */
export const usagePlugin = `file://${placeholder(assetsVariable)}/usage.js`;

/**
 * Keys of `opencode.json` that the platform sets: `$schema` carries the mark by which a proof knows the file,
 * `enabled_providers` keeps OpenCode from models of its own vendor that nobody has chosen.
 */
const ownedKeys = [
  '$schema',
  'autoupdate',
  'autoshare',
  'share',
  'server',
  'logLevel',
  'enabled_providers',
  'disabled_providers',
] as const;

export const ownedValues = (level: string, providers: string[]): JsonObject => ({
  autoupdate: false,
  share: 'disabled',
  logLevel: level.toUpperCase(),
  enabled_providers: providers,
});

export function ownedKeyFaults(native: Record<string, unknown>): RuleFault[] {
  const faults = ownedKeys.filter((key) => Object.hasOwn(native, key)).map((key) => owned([key]));
  const { plugin } = native;
  if (plugin !== undefined && !Array.isArray(plugin)) faults.push(owned(['plugin'], 'only a list can stand here'));
  if (Object.hasOwn(native, 'provider') && !isObject(native['provider'])) {
    faults.push(owned(['provider'], 'only an object can stand here'));
  }
  return faults;
}

const owned = (path: readonly string[], but = 'remove it from the native part'): RuleFault => ({
  code: 'agent.configuration-owned',
  pointer: pointerOf(['native', ...path]),
  detail: `The platform sets ${path.join('.')} itself: ${but}.`,
});
