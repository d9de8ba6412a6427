import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiConfig, maskedConfig, workerConfig } from './config.ts';

let directory: string;
let complete: Record<string, string>;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'occ-config-'));
  const keyFile = join(directory, 'token-key');
  writeFileSync(keyFile, `${Buffer.alloc(32, 1).toString('base64')}\n`);
  complete = {
    DATABASE_URL: 'postgres://occ_app:hidden@db/occ',
    TEMPORAL_ADDRESS: 'temporal:7233',
    SECRETS_KEY_FILE: join(directory, 'secrets-key'),
    TOKEN_KEY_FILE: keyFile,
  };
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the configuration', () => {
  it('needs little, cannot be changed, and is printed without secrets', () => {
    const config = apiConfig({ ...complete, WEB_ROOT: '' });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, webRoot: null, isProduction: true });
    expect(Object.isFrozen(config)).toBe(true);
    const printed = JSON.stringify(maskedConfig(config));
    expect(printed).toContain('postgres://occ_app:***@db/occ');
    expect(printed).not.toContain('hidden');
    expect(maskedConfig(config).tokenKey).toBe('[secret]');
  });

  it('names everything that is missing or wrong at once', () => {
    const broken = () => workerConfig({ DATABASE_URL: 'mysql://x', HEALTH_PORT: '99999' });
    expect(broken).toThrow(/DATABASE_URL[^]*TEMPORAL_ADDRESS[^]*SECRETS_KEY_FILE[^]*HEALTH_PORT/);
  });

  it('refuses a token key that is too short to be one', () => {
    writeFileSync(join(directory, 'short'), 'c2hvcnQ=');
    expect(() => apiConfig({ ...complete, TOKEN_KEY_FILE: join(directory, 'short') })).toThrow(/at least 32 bytes/);
  });
});
