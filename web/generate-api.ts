// Writes the types of the api (`web/src/api/schema.d.ts`, not in git) from the OpenAPI document that the routes make.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import openapiTypescript, { astToString } from 'openapi-typescript';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('..', import.meta.url));
const target = fileURLToPath(new URL('src/api/schema.d.ts', import.meta.url));

/** Only writes when something changed, so that a watcher does not wake for nothing. */
export async function generateApiTypes(): Promise<void> {
  const { stdout } = await run(process.execPath, ['server/http/print-openapi.ts'], {
    cwd: checkout,
    maxBuffer: 32 * 1024 * 1024,
  });
  const types = astToString(await openapiTypescript(stdout, { alphabetize: true, defaultNonNullable: false }));
  if (!existsSync(target) || readFileSync(target, 'utf8') !== types) writeFileSync(target, types);
}

if (import.meta.main) await generateApiTypes();
