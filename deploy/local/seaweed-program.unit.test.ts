import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureSeaweed } from './seaweed-program.ts';

describe('the program of the object storage', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'weed-'));
    vi.stubEnv('PATH', place);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(place, { recursive: true });
  });
  const install = (version: string): void => {
    const says = `#!/bin/sh\n[ "$1" = version ] && echo 'version 8000GB ${version} linux amd64'\n`;
    writeFileSync(join(place, 'weed'), says, { mode: 0o755 });
  };
  const find = () => ensureSeaweed({ cache: join(place, 'cache'), report: () => undefined });

  it('is the one on PATH in a fitting version', async () => {
    install('4.50');
    expect(await find()).toBe(join(place, 'weed'));
  });

  it('is the pinned one where there is only an older one; what that takes is said where it is missing', async () => {
    install('3.99');
    await expect(find()).rejects.toThrow(/SeaweedFS nor Python 3 was found[^]*S3_ENDPOINT/);
  });
});
