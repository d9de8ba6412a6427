import { createHash } from 'node:crypto';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { OneShot, OneShotResult } from '../../runtimes/runtime.ts';
import type { Rendered } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { assets } from './assets.ts';
import { exitDetail } from './exit.ts';
import { issueFaults } from './issues.ts';
import { configurationFile, configurationMount, gatewayTokenVariable, scratchMount, user } from './process.ts';
import { renderDocument } from './render.ts';
import { lastVerdict } from './verdict.ts';

/** Stands for every secret: OpenClaw puts variables in before it checks, and the values belong to the agent alone. */
const placeholder = 'placeholder';

const mebibyte = 1_048_576;

/** `openclaw` is on the path of images built from npm; the official image has only its source folder. */
const validateCommand = [
  'sh',
  '-c',
  'if command -v openclaw >/dev/null; then exec openclaw "$@"; else exec node /app/openclaw.mjs "$@"; fi',
  'openclaw',
  'config',
  'validate',
  '--json',
];

/**
 * This version's own `openclaw config validate`, as a short process that needs no secret, no state and no network
 * (about 2 s and 250 MB). Same version and same configuration give the same name.
 */
export function validationJob(input: {
  tenantId: string;
  version: string;
  image: string;
  rendered: Rendered;
}): OneShot {
  const { rendered } = input;
  const variables = [gatewayTokenVariable, ...Object.keys(rendered.secretReferences)];
  const environment = {
    ...rendered.environment,
    ...Object.fromEntries(variables.map((name) => [name, placeholder])),
    HOME: scratchMount,
    XDG_CACHE_HOME: `${scratchMount}/cache`,
    OPENCLAW_STATE_DIR: `${scratchMount}/state`,
    OPENCLAW_CONFIG_PATH: `${configurationMount}/${configurationFile}`,
    OPENCLAW_CONFIG_READONLY: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    DO_NOT_TRACK: '1',
    NODE_OPTIONS: '--max-old-space-size=512',
  };
  const identity = JSON.stringify([input.version, input.image, rendered.hash, environment]);
  return {
    tenantId: input.tenantId,
    name: `validate-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`,
    image: input.image,
    command: validateCommand,
    environment,
    files: { mountPath: configurationMount, files: rendered.files },
    assets, // some versions refuse a configuration that names a folder which is not there
    user,
    scratch: [{ mountPath: scratchMount, sizeBytes: 256 * mebibyte }],
    resources: { cpuMillis: 250, memoryBytes: 768 * mebibyte },
    timeoutMs: 180_000,
  };
}

/**
 * What the job found, as pointers into the unified configuration with OpenClaw's own words.
 * @throws Problem 'agent.crashed' when the program ended without a verdict
 */
export function readValidation(result: OneShotResult, configuration: UnifiedConfiguration): Fault[] {
  const verdict = lastVerdict(result.output);
  if (verdict === null) {
    const lines = result.output.split('\n');
    const last = exitDetail(lines) ?? lines.findLast((line) => line.trim() !== '') ?? 'no output';
    throw new Problem(
      'agent.crashed',
      `The check of the configuration ended with exit code ${result.exitCode}: ${last}`,
    );
  }
  if (verdict.valid) return [];
  const faults = issueFaults(verdict.issues, configuration, renderDocument(configuration));
  return faults.length > 0
    ? faults
    : [{ pointer: '', detail: 'OpenClaw refuses this configuration without a reason.' }];
}
