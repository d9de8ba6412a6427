import { createHash } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { OneShot, OneShotResult } from '../../runtimes/runtime.ts';
import type { Rendered, ValidationJob, VersionToRun } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { type JsonObject, isObject } from '../json.ts';
import { splitDottedPath } from '../pointers.ts';
import { differences } from '../differences.ts';
import { variable } from './dialect.ts';
import { faultAt } from './fault-at.ts';
import { notTaken } from './proof.ts';
import {
  assetsMount,
  assetsVariable,
  configurationMount,
  foldersBelow,
  gatewayTokenVariable,
  quiet,
  scratchMount,
  user,
} from './process.ts';
import { renderDocument } from './render.ts';

const mebibyte = 1_048_576;
/** Stands for every secret: the values belong to the agent alone. */
const placeholder = 'placeholder';

interface ToCheck {
  tenantId: string;
  agentVersion: VersionToRun;
}

/** This version's own reading of the file, without plugins, secrets, state or network (about 1 s). */
export function validationJob({ tenantId, agentVersion, rendered }: ToCheck & { rendered: Rendered }): OneShot {
  const secrets = [gatewayTokenVariable, ...Object.keys(rendered.secretReferences)];
  const environment = {
    ...rendered.environment,
    ...Object.fromEntries(secrets.map((name) => [name, placeholder])),
    ...foldersBelow(scratchMount),
    ...quiet,
    OPENCODE_PURE: '1',
    [assetsVariable]: assetsMount,
  };
  const identity = JSON.stringify([agentVersion, rendered.files, environment]);
  return {
    tenantId,
    name: `validate-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`,
    image: agentVersion.image,
    package: agentVersion.package,
    command: ['opencode', 'debug', 'config'],
    environment,
    files: { mountPath: configurationMount, files: rendered.files },
    user,
    scratch: [{ mountPath: scratchMount, sizeBytes: 256 * mebibyte }],
    resources: { cpuMillis: 250, memoryBytes: 768 * mebibyte },
    timeoutMs: 120_000,
  };
}

export const validationJobs = ({ rendered, ...input }: ToCheck & { rendered: readonly Rendered[] }): ValidationJob[] =>
  rendered.map((one, at) => ({ job: validationJob({ ...input, rendered: one }), checks: [at] }));

/**
 * It refuses wrong types in words of its own, and drops keys that it does not know in silence: those show by what it
 * prints of the file. @throws Problem 'agent.crashed' when the program ended without a verdict
 */
export function readValidation({ exitCode, output }: OneShotResult, configuration: UnifiedConfiguration): Fault[] {
  const document = renderDocument(configuration);
  const text = stripVTControlCharacters(output);
  if (exitCode === 0) {
    const taken = printed(text);
    if (taken !== null) {
      const left = differences(document, taken, variable);
      return left.map((path) => faultAt(path, notTaken(path), configuration));
    }
  }
  const faults = refusals(text, configuration, document);
  if (faults.length > 0) return faults;
  const last = text.split('\n').findLast((line) => line.trim() !== '') ?? 'no output';
  throw new Problem('agent.crashed', `The check of the configuration ended with exit code ${exitCode}: ${last}`);
}

export const readValidations = (result: OneShotResult, configurations: readonly UnifiedConfiguration[]): Fault[][] =>
  configurations.map((configuration) => readValidation(result, configuration));

/** The object that it prints begins and ends a line; lines of its log may stand around it. */
function printed(text: string): JsonObject | null {
  const [start, end] = [text.search(/^\{$/m), text.lastIndexOf('\n}')];
  if (start === -1 || end < start) return null;
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 2));
    return isObject(value) ? (value as JsonObject) : null;
  } catch {
    return null; // no verdict
  }
}

/** `↳ Expected string | undefined, got 5 agent.build.model`: the path is the last word, and no key of ours has blanks. */
function refusals(text: string, configuration: UnifiedConfiguration, document: JsonObject): Fault[] {
  const found = [...text.matchAll(/^↳ (.+) (\S+)$/gm)].map(([, message = '', dotted = '']) =>
    faultAt(splitDottedPath(dotted, document), `${message} (${dotted})`, configuration),
  );
  return [...new Map(found.map((fault) => [JSON.stringify(fault), fault])).values()];
}
