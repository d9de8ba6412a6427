import { createHash } from 'node:crypto';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { OneShot, OneShotResult } from '../../runtimes/runtime.ts';
import type { Rendered, ValidationJob, VersionToRun } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { assets } from './assets.ts';
import { exitDetail } from './exit.ts';
import { issueFaults } from './issues.ts';
import {
  assetsMount,
  assetsVariable,
  configurationFile,
  configurationMount,
  gatewayTokenVariable,
  scratchMount,
  user,
} from './process.ts';
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

/** The same for every file of a folder, each verdict behind a line that names its file. */
const validateEachCommand = [
  'sh',
  '-c',
  `check() { if command -v openclaw >/dev/null; then openclaw "$@"; else node /app/openclaw.mjs "$@"; fi; }
for file in "$0"/*.json; do
  echo "=== \${file##*/}"
  export OPENCLAW_CONFIG_PATH="$file"
  check config validate --json </dev/null
done
exit 0`,
  configurationMount,
];
const verdictOf = /^=== (\d+)\.json$/gm;

/** A ConfigMap takes a mebibyte, and a check about two seconds. */
const togetherAtMost = { count: 25, bytes: 700_000 };

interface ToCheck {
  tenantId: string;
  agentVersion: VersionToRun;
}

/**
 * This version's own `openclaw config validate`, as a short process that needs no secret, no state and no network
 * (about 2 s and 250 MB). Same version and same configuration give the same name.
 */
export const validationJob = ({ rendered, ...input }: ToCheck & { rendered: Rendered }): OneShot =>
  jobOf(input, { command: validateCommand, environment: environmentOf(rendered), files: rendered.files });

/** The same for many, in as few processes as can be: those whose variables are alike share one. */
export function validationJobs({ rendered, ...input }: ToCheck & { rendered: readonly Rendered[] }): ValidationJob[] {
  const batches: { environment: Record<string, string>; checks: number[]; bytes: number }[] = [];
  const jobs: ValidationJob[] = [];
  for (const [index, one] of rendered.entries()) {
    const text = one.files[configurationFile];
    if (text === undefined || Object.keys(one.files).length > 1) {
      jobs.push({ job: validationJob({ ...input, rendered: one }), checks: [index] });
      continue;
    }
    const environment = environmentOf(one);
    const bytes = Buffer.byteLength(text);
    const batch = batches.find(
      (open) =>
        open.checks.length < togetherAtMost.count &&
        open.bytes + bytes < togetherAtMost.bytes &&
        JSON.stringify(open.environment) === JSON.stringify(environment),
    );
    if (batch) Object.assign(batch, { checks: [...batch.checks, index], bytes: batch.bytes + bytes });
    else batches.push({ environment, checks: [index], bytes });
  }
  return [...jobs, ...batches.map(({ environment, checks }) => batchOf(input, environment, checks, rendered))];
}

function batchOf(
  input: ToCheck,
  environment: Record<string, string>,
  checks: number[],
  rendered: readonly Rendered[],
): ValidationJob {
  const [only] = checks;
  const single = checks.length === 1 && only !== undefined && rendered[only];
  if (single) return { job: validationJob({ ...input, rendered: single }), checks };
  const files = Object.fromEntries(
    checks.map((index, at) => [`${at}.json`, rendered[index]?.files[configurationFile] ?? '']),
  );
  const job = jobOf(input, { command: validateEachCommand, environment, files });
  return { job: { ...job, timeoutMs: job.timeoutMs + checks.length * 10_000 }, checks };
}

function environmentOf(rendered: Rendered): Record<string, string> {
  const variables = [gatewayTokenVariable, ...Object.keys(rendered.secretReferences)];
  return {
    ...rendered.environment,
    ...Object.fromEntries(variables.map((name) => [name, placeholder])),
    [assetsVariable]: assetsMount,
    HOME: scratchMount,
    XDG_CACHE_HOME: `${scratchMount}/cache`,
    OPENCLAW_STATE_DIR: `${scratchMount}/state`,
    OPENCLAW_CONFIG_PATH: `${configurationMount}/${configurationFile}`,
    OPENCLAW_CONFIG_READONLY: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    DO_NOT_TRACK: '1',
    NODE_OPTIONS: '--max-old-space-size=512',
  };
}

function jobOf(
  { tenantId, agentVersion }: ToCheck,
  {
    command,
    environment,
    files,
  }: { command: string[]; environment: Record<string, string>; files: Record<string, string> },
): OneShot {
  const identity = JSON.stringify([agentVersion, files, environment]);
  return {
    tenantId,
    name: `validate-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`,
    image: agentVersion.image,
    package: agentVersion.package,
    command,
    environment,
    files: { mountPath: configurationMount, files },
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

/**
 * What a job over several configurations found, in their order.
 * @throws Problem 'agent.crashed' as `readValidation`, also where one of them is missing
 */
export function readValidations(result: OneShotResult, configurations: readonly UnifiedConfiguration[]): Fault[][] {
  const [only] = configurations;
  if (configurations.length === 1 && only) return [readValidation(result, only)];
  const marks = [...result.output.matchAll(verdictOf)];
  const outputs = new Map(
    marks.map((mark, at) => [Number(mark[1]), result.output.slice(mark.index, marks[at + 1]?.index)]),
  );
  return configurations.map((configuration, at) =>
    readValidation({ exitCode: result.exitCode, output: outputs.get(at) ?? '' }, configuration),
  );
}
