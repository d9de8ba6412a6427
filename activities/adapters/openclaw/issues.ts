import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { type JsonObject, valueAt } from '../json.ts';
import { pointerOf, splitDottedPath } from '../pointers.ts';
import type { Issue } from './verdict.ts';

/** OpenClaw's issues as faults of what the tenant wrote: the native part where it wrote that, else the unified part. */
export const issueFaults = (issues: Issue[], configuration: UnifiedConfiguration, document: JsonObject): Fault[] =>
  issues.flatMap((issue) =>
    placesOf(issue, document).map((path) => {
      const pointer = pointerIntoConfiguration(path, configuration);
      const named = pointer.startsWith('/native') || path.length === 0 ? '' : ` (${path.join('.')})`;
      return { pointer, detail: `${issue.message}${named}` };
    }),
  );

/** An unknown key is reported at its parent, with the keys in the message. */
function placesOf({ path, message }: Issue, document: JsonObject): string[][] {
  const place = splitDottedPath(path, document);
  const unrecognized = /^Unrecognized keys?: (.+)$/.exec(message)?.[1];
  const keys = [...(unrecognized?.matchAll(/"((?:[^"\\]|\\.)*)"/g) ?? [])].map(([, key]) => key ?? '');
  return keys.length > 0 ? keys.map((key) => [...place, key]) : [place];
}

function pointerIntoConfiguration(path: string[], configuration: UnifiedConfiguration): string {
  if (valueAt(configuration.native, path) !== undefined && path.length > 0) return pointerOf(['native', ...path]);
  const unified = unifiedPath(path, configuration);
  if (unified) return pointerOf(unified);
  for (let length = path.length - 1; length > 0; length--) {
    const parent = path.slice(0, length);
    if (valueAt(configuration.native, parent) !== undefined) return pointerOf(['native', ...parent]);
  }
  return '';
}

/** Where the unified part says what stands at this place of `openclaw.json`. */
function unifiedPath(path: string[], { providers }: UnifiedConfiguration): (string | number)[] | null {
  const [first, second, third, ...rest] = path;
  if (first === 'models' && second === 'providers' && third !== undefined) {
    const index = providers.findIndex(({ name }) => name === third);
    return index === -1 ? null : ['providers', index, ...providerPath(rest)];
  }
  const known = fixedPlaces.find(([native]) => native.every((segment, at) => path[at] === segment));
  return known ? [...known[1]] : null;
}

function providerPath(rest: string[]): string[] {
  const [key, model, field] = rest;
  if (key === undefined || !['baseUrl', 'api', 'apiKey', 'models'].includes(key)) return [];
  if (key !== 'models' || model === undefined) return [key];
  if (field === 'cost') return [key, model, 'costPerMillionTokens'];
  return field !== undefined && modelFields.has(field) ? [key, model, field] : [key, model];
}

const modelFields: ReadonlySet<string> = new Set(['id', 'name', 'contextWindow', 'maxTokens', 'reasoning']);

const fixedPlaces: readonly (readonly [native: readonly string[], unified: readonly string[]])[] = [
  [
    ['agents', 'defaults', 'model'],
    ['agent', 'model'],
  ],
  [
    ['agents', 'defaults', 'heartbeat'],
    ['agent', 'heartbeatMinutes'],
  ],
  [
    ['agents', 'defaults', 'timeoutSeconds'],
    ['agent', 'timeoutSeconds'],
  ],
  [
    ['agents', 'defaults', 'maxConcurrent'],
    ['limits', 'maxConcurrentRuns'],
  ],
  [
    ['logging', 'level'],
    ['logging', 'level'],
  ],
  [
    ['logging', 'consoleLevel'],
    ['logging', 'level'],
  ],
];
