import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { needsOf } from './needs.ts';

// Put together, so that this file itself names none.
const variable = (name: string) => `process.env.TEST_${name}`;

describe('what tests need', () => {
  const directory = mkdtempSync(join(tmpdir(), 'needs-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const nothing = {
    postgres: false,
    temporal: false,
    web: false,
    browser: false,
    kubernetes: false,
    controlPlane: false,
    objectStorage: false,
    schemathesis: false,
    openClaw: false,
    docker: false,
    podman: false,
    openCode: false,
  };

  it('is nothing for a test that names no server', () => {
    expect(needsOf([write('alone.test.ts', "import { it } from 'vitest';")])).toEqual(nothing);
  });

  it('follows imports, also those that go round in a circle', () => {
    write('database.ts', `import './circle.ts';\nexport const url = ${variable('POSTGRES_URL')};`);
    write('circle.ts', "import { url } from './database.ts';");
    expect(needsOf([write('far.test.ts', "const { url } = await import('./circle.ts');")])).toEqual({
      ...nothing,
      postgres: true,
    });
  });

  it('is together what each of the files needs', () => {
    const one = write('one.test.ts', variable('TEMPORAL_ADDRESS'));
    const other = write('other.test.ts', variable('OPENCLAW_IMAGE'));
    expect(needsOf([one, other])).toEqual({ ...nothing, temporal: true, kubernetes: true });
  });
});
