import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storageVariables } from '../../deploy/local/product-environment.ts';
import { parseAuditSigner } from '../../server/audit/checkpoint.ts';
import { sealOnce } from '../../server/observer/audit-sealer.ts';
import { Database, platformScope } from '../../server/persistence/database.ts';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { throwAwayDirectory } from '../../test/platform/directory.ts';
import { ownBucket, ownStorage } from '../../test/platform/s3.ts';
import type { Deps } from '../deps.ts';
import { checkpointAudit } from '../maintenance/audit-checkpoints.ts';
import { forgetOutdatedAudit } from '../maintenance/audit-retention.ts';
import { noStorage, s3Storage } from '../storage/storage.ts';
import { readCheckpointCopies } from './checkpoint-copies.ts';

const signer = parseAuditSigner(randomBytes(32).toString('base64'));
const { signal } = new AbortController();
const bucket = ownBucket();
const storage = s3Storage(ownStorage(bucket));
const publicKeyFile = join(throwAwayDirectory('audit'), 'audit-key.pub');

let database: TestDatabase;
let owner: Client;
let db: Database;
let deps: Deps;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-audit' });
  deps = {
    db,
    storage,
    auditSigner: signer,
    auditRetentionDays: 400,
    log: pino({ level: 'silent' }),
  } as Partial<Deps> as Deps;
  writeFileSync(publicKeyFile, signer.keys.text);
});
afterAll(async () => {
  await owner?.end();
  await db?.close();
  await database?.drop();
});

let tenantId: string;
beforeEach(async () => {
  tenantId = (await buildTenant(db)).id;
  await write(6);
});

async function write(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await db.transaction(platformScope(), async (tx) =>
      tx.audit({ tenantId, actorId: null, actorName: 'a', action: 'a', objectType: 't', outcome: 'succeeded' }),
    );
  }
  await sealOnce(db);
}
const run = { input: { name: 'audit-checkpoints' as const }, signal, resumedFrom: undefined, reached: () => undefined };
const copiesOfTenant = async () =>
  (await readCheckpointCopies(storage.platform, signal)).filter((copy) => copy.tenantId === tenantId);

/** `npm run audit:verify`, as somebody runs it who has nothing of the product but its database and its bucket. */
const verify = (environment: NodeJS.ProcessEnv): Promise<{ code: number; lines: string[] }> =>
  new Promise((resolve) => {
    const program = fileURLToPath(new URL('verify.ts', import.meta.url));
    const env = { PATH: process.env.PATH, DATABASE_URL: database.appUrl, ...environment };
    execFile(process.execPath, [program], { env }, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), lines: stdout.trim().split('\n') }),
    );
  });
const everything = () => ({ AUDIT_PUBLIC_KEY_FILE: publicKeyFile, ...storageVariables(bucket) });

describe('checkpoints', () => {
  it('are signed for each chain that has moved on, and a copy of each is stored once', async () => {
    expect(await checkpointAudit(deps, run)).toMatchObject({ signed: expect.any(Number) });
    expect(await checkpointAudit(deps, run)).toEqual({ signed: 0, stored: 0 });
    await write(1);
    expect(await checkpointAudit(deps, run)).toEqual({ signed: 1, stored: 1 });
    const [copy, ...others] = await copiesOfTenant();
    expect(others).toEqual([]);
    expect(copy).toMatchObject({ kind: 'head', number: 7 });
    expect(copy && signer.keys.check(copy)).toBe('valid');
  });

  it('are kept in the database while the storage is away, and stored by the next run', async () => {
    expect(await checkpointAudit({ ...deps, storage: noStorage() }, run)).toMatchObject({ stored: 0, unstored: 1 });
    expect(await copiesOfTenant()).toEqual([]);
    expect(await checkpointAudit(deps, run)).toEqual({ signed: 0, stored: 1 });
    expect(await copiesOfTenant()).toMatchObject([{ number: 6 }]);
  });

  it('need a key', async () => {
    await expect(checkpointAudit({ ...deps, auditSigner: null }, run)).rejects.toMatchObject({
      code: 'audit.key-missing',
    });
  });
});

describe('retention', () => {
  it('removes what is older and signed for, in the product’s own run, and the rest is proven', async () => {
    await checkpointAudit(deps, run);
    await owner.query(
      `update audit_seals set sealed_at = now() - interval '500 days' where tenant_id = $1 and number <= 4`,
      [tenantId],
    );
    expect(await forgetOutdatedAudit({ ...deps, auditSigner: null }, run)).toBe(0);
    expect(await forgetOutdatedAudit(deps, run)).toBe(4);
    expect(await forgetOutdatedAudit(deps, run)).toBe(0);
    await sealOnce(db);
    await checkpointAudit(deps, run);
    const { code, lines } = await verify(everything());
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^proven  ${tenantId}: 5 to 7, .*signed up to 7`)));
    expect(code).toBe(0);
  });
});

describe('npm run audit:verify', () => {
  it('proves every chain from its beginning, and says what it had nothing to check by', async () => {
    await checkpointAudit(deps, run);
    const full = await verify(everything());
    expect(full.code).toBe(0);
    expect(full.lines).toContainEqual(expect.stringMatching(new RegExp(`^proven  ${tenantId}: 1 to 6, `)));
    expect(full.lines.at(-1)).toMatch(/^\d+ chains, 0 broken$/);
    const bare = await verify({});
    expect(bare.code).toBe(0);
    expect(bare.lines).toContain('AUDIT_PUBLIC_KEY_FILE is not set: signatures were not checked.');
    expect(bare.lines).toContain('S3_ENDPOINT is not set: only the checkpoints in the database were looked at.');
  });

  it('ends with 1 and names the row, also where the checkpoints in the database are gone with the end of the chain', async () => {
    await checkpointAudit(deps, run);
    await owner.query(`delete from audit_checkpoints where tenant_id = $1`, [tenantId]);
    await owner.query(
      `with cut as (delete from audit_seals where tenant_id = $1 and number > 4 returning entry_id)
       delete from audit_entries where id in (select entry_id from cut)`,
      [tenantId],
    );
    expect((await verify({})).code).toBe(0);
    const { code, lines } = await verify(everything());
    expect(code).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(new RegExp(`^BROKEN  ${tenantId}: truncated: Entries 5 to 6 are gone`)),
    );
    expect(lines.at(-1)).toMatch(/ chains, 1 broken$/);
  });
});
