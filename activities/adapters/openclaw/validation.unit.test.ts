import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { UnifiedConfiguration, type UnifiedConfigurationInput } from '../configuration.ts';
import { openClawRules } from './rules.ts';
import { readValidations, validationJobs } from './validation.ts';

const place = { tenantId: 'tenant', agentVersion: { version: '2026.9.6', image: 'openclaw:test', package: null } };
const configurationOf = (more: UnifiedConfigurationInput) => UnifiedConfiguration.parse(more);
const render = (configuration: UnifiedConfiguration) => openClawRules.render(configuration);
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => configurationOf({ native: { number: index } }));

/** As the program says it: valid unless the file speaks of something odd. */
const program = `#!/bin/sh
if grep -q odd "$OPENCLAW_CONFIG_PATH"; then
  echo '{"valid":false,"issues":[{"path":"<root>","message":"odd, in '"$1 $2 $3"'"}]}'
  exit 1
fi
echo 'a line of its log'
echo '{"valid":true,"issues":[]}'
`;

describe('many configurations in one short process', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'occ-validation-'));
    writeFileSync(join(directory, 'openclaw'), program);
    chmodSync(join(directory, 'openclaw'), 0o755);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Runs a job's own command with that program on the path. */
  const run = (job: ReturnType<typeof validationJobs>[number]['job'], name: string) => {
    const mount = join(directory, name);
    mkdirSync(mount);
    for (const [file, text] of Object.entries(job.files.files)) writeFileSync(join(mount, file), text);
    const [shell = '', ...args] = job.command.map((part) => (part === job.files.mountPath ? mount : part));
    const environment = { ...process.env, PATH: `${directory}:${process.env.PATH}`, ...job.environment };
    return { exitCode: 0, output: execFileSync(shell, args, { env: environment, encoding: 'utf8' }) };
  };

  it('each get their own verdict, in their order', () => {
    const configurations = numbered(12).with(7, configurationOf({ native: { what: 'odd' } }));
    const [batch, ...others] = validationJobs({ ...place, rendered: configurations.map(render) });
    expect(others).toEqual([]);
    expect(batch?.checks).toEqual([...configurations.keys()]);
    if (!batch) throw new Error('no job');
    const faults = readValidations(run(batch.job, 'twelve'), configurations);
    expect(faults.map((found) => found.length)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(faults[7]?.[0]?.detail).toContain('odd, in config validate --json');
  });

  it('are as many processes as their number and their variables ask for', () => {
    const alike = numbered(30);
    const other = configurationOf({ environment: { MODE: 'other' } });
    const jobs = validationJobs({ ...place, rendered: [...alike, other].map(render) });
    expect(jobs.map(({ checks }) => checks.length).toSorted((a, b) => a - b)).toEqual([1, 5, 25]);
    expect(jobs.flatMap(({ checks }) => checks).toSorted((a, b) => a - b)).toEqual([...Array(31).keys()]);
    expect(jobs.find(({ checks }) => checks.includes(30))?.job.environment).toMatchObject({ MODE: 'other' });
    expect(new Set(jobs.map(({ job }) => job.name)).size).toBe(3);
  });

  it('that the program left without a verdict are no clean bill of health', () => {
    const output = '=== 0.json\n{"valid":true,"issues":[]}\n=== 1.json\nKilled\n';
    expect(() => readValidations({ exitCode: 0, output }, numbered(2))).toThrow(Problem);
    expect(() => readValidations({ exitCode: 0, output: '' }, numbered(2))).toThrow(Problem);
  });
});
