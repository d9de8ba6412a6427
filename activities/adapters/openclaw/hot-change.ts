import type { WorkloadInput } from '../adapter.ts';
import { equals, isObject } from '../json.ts';
import { renderDocument } from './render.ts';
import { secretReferencesOf } from '../variables.ts';
import { workload } from './workload.ts';

/**
 * What a running gateway takes without a restart, from its own table ("Config hot reload" in its documentation); the
 * longest prefix decides, and what no rule names restarts. Channels depend on the plugins loaded and count as restart.
 */
const rules: readonly (readonly [prefix: string, hot: boolean])[] = [
  ...[
    'accessGroups acp agents approvals attachments.ttlHours auth.order auth.profiles bindings broadcast cloudWorkers',
    'commands cron desktop.host diagnostics.cacheTrace.enabled diagnostics.enabled diagnostics.flags discovery.mdns.mode',
    'gateway.http.endpoints gateway.nodes gateway.tools hooks logging mcp memory.citations messages models plugins',
    'security.audit.suppressions security.installPolicy session skills surfaces talk telemetry tools transcripts tts ui',
    'update web worktreeAcceleration worktreeRoot',
  ]
    .join(' ')
    .split(' ')
    .map((prefix) => [prefix, true] as const),
  ['mcp.apps', false],
];

const isHotPath = (path: string): boolean => {
  const matching = rules.filter(([prefix]) => path === prefix || path.startsWith(`${prefix}.`));
  return matching.toSorted(([left], [right]) => right.length - left.length)[0]?.[1] ?? false;
};

/** True when nothing but hot keys of the configuration file differ. */
export function isHotChange(before: WorkloadInput, after: WorkloadInput): boolean {
  const [left, right] = [processOf(before), processOf(after)];
  return equals(left, right) && changedPaths(before, after).every(isHotPath);
}

/** All that a living process keeps until its end: image, variables, secrets, resources, network openings. */
function processOf(input: WorkloadInput): unknown {
  const { configuration: _file, revision: _number, ...rest } = workload(input);
  return { ...rest, secretReferences: secretReferencesOf(input.configuration) };
}

const changedPaths = (before: WorkloadInput, after: WorkloadInput): string[] =>
  differences(renderDocument(before.configuration), renderDocument(after.configuration), '');

/** Dotted paths of the smallest values that differ; what is missing on one side counts as an empty object there. */
function differences(left: unknown, right: unknown, path: string): string[] {
  if (equals(left, right)) return [];
  const [before, after] = [left ?? {}, right ?? {}];
  const keys =
    isObject(before) && isObject(after) ? new Set([...Object.keys(before), ...Object.keys(after)]) : new Set<string>();
  if (!isObject(before) || !isObject(after) || keys.size === 0) return [path];
  return [...keys].flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
}
