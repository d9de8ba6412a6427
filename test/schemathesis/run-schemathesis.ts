import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../deploy/local/search-path.ts';
import { throwAwayDirectory } from '../platform/directory.ts';
import { ApiClient } from '../factories/api-client.ts';
import { signInByToken } from '../factories/people.ts';
import { readFollowed, type Followed } from './followed.ts';
import type { FuzzPlace } from './place.ts';
import { peopleFile, schemathesisSettings, type Effort } from './settings.ts';

/** Who asks: administrators of two tenants, who must not get at each other's things, or one of the platform. */
export type As = 'tenant administrators' | 'platform administrator';

export interface Ran {
  exitCode: number | null;
  /** All that it printed: what it tried, and each failure with the request that shows it again. */
  output: string;
  followed: Followed;
}

/**
 * All phases and all checks against the product that runs there.
 * @param wheels as `ensureSchemathesis` has installed them
 * @param print takes what it says while it runs
 */
export async function runSchemathesis(
  wheels: string,
  place: FuzzPlace,
  as: As,
  effort: Effort,
  print?: (chunk: Buffer) => void,
): Promise<Ran> {
  const directory = throwAwayDirectory('schemathesis');
  const arePeers = as === 'tenant administrators';
  const [one, other] = place.tenantAdministrators;
  const first = arePeers ? one : place.platformAdministrator;
  const names = arePeers
    ? ([
        ['one', one],
        ['other', other],
      ] as const)
    : ([['root', first]] as const);
  const people = names.map(async ([name, user]) => {
    const { headers } = await signInByToken(new ApiClient(place.url), user);
    return [name, headers.Authorization ?? ''] as const;
  });
  const report = join(directory, 'events.ndjson');
  writeFileSync(join(directory, 'people.json'), peopleFile(await Promise.all(people)));
  writeFileSync(join(directory, 'schemathesis.toml'), schemathesisSettings(place.ids, effort, arePeers));
  const child = spawn(
    findProgram('python3') ?? 'python3',
    [
      join(wheels, 'bin', 'schemathesis'),
      'run',
      `${place.url}/api/v1/openapi.json`,
      '--checks=all',
      `--phases=${effort.phases}`,
      '--no-color',
      `--report-ndjson-path=${report}`,
    ],
    {
      cwd: directory,
      env: {
        ...process.env,
        PYTHONPATH: wheels,
        SCHEMATHESIS_HOOKS: fileURLToPath(new URL('hooks.py', import.meta.url)),
        FUZZ_URL: place.url,
        FUZZ_USER: first.name,
        FUZZ_PASSWORD: first.password,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  process.once('exit', () => child.kill());
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed.push(chunk);
      print?.(chunk);
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output: Buffer.concat(printed).toString('utf8'), followed: await readFollowed(report) };
}
