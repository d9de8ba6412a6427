import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What the file holds, made once by `create` and readable by nobody but its owner. */
export function keptSecret(file: string, create: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const secret = create();
  // By way of another name, so that a crash never leaves half a secret.
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secret;
}
