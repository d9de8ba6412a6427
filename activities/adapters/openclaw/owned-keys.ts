import type { RuleFault } from '../adapter.ts';
import { type JsonObject, isObject } from '../json.ts';
import { metricsPlugin, metricsPluginPath } from './assets.ts';
import { pointerOf } from '../pointers.ts';
import { gatewayPort, gatewayTokenVariable } from './process.ts';

/** Carries the platform's own calls: proof of a configuration, usage, suspend. */
const adminPlugin = 'admin-http-rpc';

/** Without these the platform could neither ask its agent nor count what it does. */
export const platformPlugins: readonly string[] = [adminPlugin, metricsPlugin];

/**
 * Keys of `openclaw.json` that the platform sets, each with all below it. Naming one in the native part is refused,
 * and these values are written last, so they win in any case.
 */
const ownedPaths: readonly (readonly string[])[] = [
  ['$schema'],
  ['meta'],
  ['env'], // variables of the process come from `environment`, where their names are checked
  ['diagnostics', 'enabled'], // usage is counted from them
  ['discovery'],
  ['telemetry'],
  ['update'],
  ['logging', 'consoleStyle'], // an exit is classified from JSON lines on the console
  ['logging', 'consoleLevel'],
  ['models', 'catalogRefresh'],
  ['plugins', 'enabled'],
  ...platformPlugins.map((plugin) => ['plugins', 'entries', plugin]),
];

/** Of `gateway` only these are free: what the agent's tools and paired nodes may do. */
const freeGatewayKeys: ReadonlySet<string> = new Set(['tools', 'nodes']);

/** The platform's values. `consoleLevel` follows the unified logging level. */
export const ownedValues = (consoleLevel: string): JsonObject => ({
  gateway: {
    mode: 'local',
    port: gatewayPort,
    bind: 'lan',
    auth: { mode: 'token', token: `\${${gatewayTokenVariable}}` },
    controlUi: { enabled: false },
    terminal: { enabled: false },
    http: { endpoints: { chatCompletions: { enabled: true } } },
  },
  diagnostics: { enabled: true },
  discovery: { mdns: { mode: 'off' } },
  telemetry: { enabled: false },
  update: { checkOnStart: false },
  models: { catalogRefresh: { enabled: false } },
  logging: { consoleStyle: 'json', consoleLevel },
  plugins: { entries: Object.fromEntries(platformPlugins.map((plugin) => [plugin, { enabled: true }])) },
});

/** Every place in the native part that names a key of the platform. */
export function ownedKeyFaults(native: Record<string, unknown>): RuleFault[] {
  const faults = [
    ...ownedPaths.flatMap((path) => pathFaults(native, path)),
    ...gatewayFaults(native['gateway']),
    ...pluginListFaults(native['plugins']),
    ...pluginPathFaults(native['plugins']),
  ];
  return [...new Map(faults.map((fault) => [fault.pointer, fault])).values()];
}

function pathFaults(native: Record<string, unknown>, path: readonly string[]): RuleFault[] {
  let value: unknown = native;
  for (const [index, segment] of path.entries()) {
    if (!isObject(value)) return [clobbering(path.slice(0, index))];
    if (!Object.hasOwn(value, segment)) return [];
    value = value[segment];
  }
  return [owned(path)];
}

function gatewayFaults(gateway: unknown): RuleFault[] {
  if (gateway === undefined) return [];
  if (!isObject(gateway)) return [clobbering(['gateway'])];
  return Object.keys(gateway)
    .filter((key) => !freeGatewayKeys.has(key))
    .map((key) => owned(['gateway', key]));
}

function pluginListFaults(plugins: unknown): RuleFault[] {
  const deny = isObject(plugins) ? plugins['deny'] : undefined;
  if (!Array.isArray(deny)) return [];
  return deny.flatMap((entry, index) =>
    platformPlugins.includes(entry) ? [owned(['plugins', 'deny', String(index)])] : [],
  );
}

/** The platform adds a folder of its own to those from which plugins are loaded. */
function pluginPathFaults(plugins: unknown): RuleFault[] {
  const load = isObject(plugins) ? plugins['load'] : undefined;
  if (load === undefined) return [];
  if (!isObject(load)) return [clobbering(['plugins', 'load'])];
  const { paths = [] } = load;
  if (!Array.isArray(paths)) return [clobbering(['plugins', 'load', 'paths'], 'a list')];
  return paths.flatMap((path, index) =>
    path === metricsPluginPath ? [owned(['plugins', 'load', 'paths', String(index)])] : [],
  );
}

const owned = (path: readonly string[]): RuleFault => ({
  code: 'agent.configuration-owned',
  pointer: pointerOf(['native', ...path]),
  detail: `The platform sets ${path.join('.')} itself. Remove it from the native part.`,
});

/** A value in the place of an object would take the platform's keys below it away. */
const clobbering = (path: readonly string[], fitting = 'an object'): RuleFault => ({
  code: 'agent.configuration-owned',
  pointer: pointerOf(['native', ...path]),
  detail: `The platform sets keys below ${path.join('.')}, so only ${fitting} can stand here.`,
});
