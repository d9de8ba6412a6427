import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildTenant } from '../../test/factories/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { sealOnce } from '../observer/audit-sealer.ts';
import { Database, platformScope } from '../persistence/database.ts';
import { parseAuditSigner } from './checkpoint.ts';
import { anchorOutdated, forgetEntries } from './commands/forget-entries.ts';
import { sealEntries } from './commands/seal-entries.ts';
import { signCheckpoints } from './commands/sign-checkpoints.ts';
import { sealedEntrySql, sealHash, type SealedEntry } from './sealed-entry.ts';
import { verifyChain, verifyEveryChain, type ChainProof, type ProofOrder } from './verify-chain.ts';

let database: TestDatabase;
let owner: Client;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-audit' });
});
afterAll(async () => {
  await owner?.end();
  await db?.close();
  await database?.drop();
});

const signer = parseAuditSigner(randomBytes(32).toString('base64'));
const checkpoint = () => db.transaction(platformScope(), (tx) => signCheckpoints(tx, signer));
const prove = (tenantId: string | null, more: Partial<ProofOrder> = {}): Promise<ChainProof> =>
  verifyChain(db, platformScope(), { tenantId, from: 1, keys: signer.keys, ...more });

const write = (tenantId: string | null, objectName: string): Promise<void> =>
  db.transaction(platformScope(), async (tx) =>
    tx.audit({
      tenantId,
      actorId: null,
      actorName: 'somebody',
      action: 'thing.update',
      objectType: 'thing',
      objectName,
      outcome: 'succeeded',
      detail: { z: 1.5, a: { nested: ['ü', null, true] } },
    }),
  );

/** As a transaction that is rolled back does. */
async function skipOne(): Promise<number> {
  const { rows } = await owner.query(
    `select nextval(pg_get_serial_sequence('audit_entries', 'sequence'))::int as skipped`,
  );
  return rows[0].skipped;
}

let tenantId: string;
/** Ids by number, from 1 on. */
let ids: string[];
beforeEach(async () => {
  tenantId = (await buildTenant(db)).id;
  for (let number = 1; number <= 8; number += 1) {
    await write(tenantId, `thing ${number}`);
    await skipOne();
  }
  await sealOnce(db);
  const { rows } = await owner.query<{ id: string }>(
    `select entry_id as id from audit_seals where tenant_id = $1 order by number`,
    [tenantId],
  );
  ids = ['', ...rows.map(({ id }) => id)];
});

describe('a chain', () => {
  it('is proven from its first entry to its last, for each tenant alone', async () => {
    const other = (await buildTenant(db)).id;
    await write(other, 'of another tenant');
    await write(tenantId, 'one more');
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: { number: 8 }, unsealed: 1, fault: null });
    await sealOnce(db);
    expect(await prove(tenantId)).toMatchObject({ provenTo: { number: 9 }, unsealed: 0 });
    expect(await prove(other)).toMatchObject({ provenTo: { number: 1 } });
  });

  it('holds the entries in the order of their commits, whoever began first', async () => {
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const slow = db.transaction(platformScope(), async (tx) => {
      tx.audit({ tenantId, actorId: null, actorName: 'slow', action: 'a', objectType: 't', outcome: 'succeeded' });
      begun.resolve();
      await mayEnd.promise;
    });
    await begun.promise;
    await write(tenantId, 'quick');
    await sealOnce(db);
    mayEnd.resolve();
    await slow;
    await sealOnce(db);
    const { rows } = await owner.query(
      `select e.actor_name as name from audit_seals s join audit_entries e on e.id = s.entry_id
       where s.tenant_id = $1 and s.number > 8 order by s.number`,
      [tenantId],
    );
    expect(rows).toEqual([{ name: 'somebody' }, { name: 'slow' }]);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: { number: 10 } });
  });

  it('goes on where a sealer died between an entry and its seal, or in the middle of sealing', async () => {
    await write(tenantId, 'not sealed');
    const dying = sealOnce(db, () => Promise.reject(new Error('killed')));
    await expect(dying).rejects.toThrow('killed');
    const half = db.transaction(platformScope(), async (tx) => {
      await sealEntries(tx);
      throw new Error('killed before the commit');
    });
    await expect(half).rejects.toThrow('killed before the commit');
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: { number: 8 }, unsealed: 1 });
    await sealOnce(db);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: { number: 9 }, unsealed: 0 });
  });

  it('has room for one sealer: of two at once one is refused, and the chain is whole', async () => {
    await write(tenantId, 'one more');
    const seal = () => db.transaction(platformScope(), sealEntries);
    const results = await Promise.allSettled([seal(), seal()]);
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    await sealOnce(db);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: { number: 9 }, unsealed: 0 });
  });

  it('is proven from its newest checkpoint on, unless more is asked for', async () => {
    await checkpoint();
    await write(tenantId, 'since then');
    await sealOnce(db);
    expect(await prove(tenantId, { from: undefined })).toMatchObject({
      state: 'proven',
      from: 8,
      provenTo: { number: 9 },
      checkpoint: { number: 8, signature: 'valid' },
    });
  });

  it('cannot be changed by the roles of the product’s processes', async () => {
    const attempts = [
      `update audit_entries set actor_name = 'x'`,
      `delete from audit_entries`,
      `truncate audit_entries`,
      `update audit_seals set hash = 'x'`,
      `delete from audit_seals`,
      `update audit_checkpoints set hash = 'x'`,
      `delete from audit_checkpoints`,
    ];
    for (const sql of attempts) {
      await expect(db.transaction(platformScope(), (tx) => tx.query(sql))).rejects.toMatchObject({ code: '42501' });
    }
  });
});

/** A seal that fits, made by whoever has the code and the database, but not the key. */
async function forgeSeal(number: number): Promise<void> {
  const { rows } = await owner.query<{ entry: SealedEntry; previousHash: string | null }>(
    `select ${sealedEntrySql} as entry, (select p.hash from audit_seals p where p.tenant_id = $1 and p.number = $2::bigint - 1)
       as "previousHash"
     from audit_seals s join audit_entries e on e.id = s.entry_id where s.tenant_id = $1 and s.number = $2::bigint`,
    [tenantId, number],
  );
  const [{ entry, previousHash } = { entry: {} as SealedEntry, previousHash: null }] = rows;
  const hash = sealHash({ tenantId, number, previousHash }, entry);
  await owner.query(`update audit_seals set hash = $3, previous_hash = $4 where tenant_id = $1 and number = $2`, [
    tenantId,
    number,
    hash,
    previousHash,
  ]);
}

const move = (from: string, by: number) =>
  owner
    .query(
      `with moved as (update audit_seals set number = number + 1000000 where tenant_id = $1 and number ${from} returning 1)
     select count(*) from moved`,
      [tenantId],
    )
    .then(() =>
      owner.query(`update audit_seals set number = number - 1000000 + $2 where tenant_id = $1 and number > 1000000`, [
        tenantId,
        by,
      ]),
    );

/** @param free a place in the order of commits that a rolled back transaction has left */
async function putIn(number: number, free?: number): Promise<void> {
  const { rows } = await owner.query<{ id: string; sequence: string }>(
    `insert into audit_entries (id, sequence, tenant_id, actor_name, action, object_type, outcome)
     overriding system value values (gen_random_uuid(), $2, $1, 'stranger', 'thing.update', 'thing', 'succeeded')
     returning id, sequence`,
    [tenantId, free ?? (await skipOne())],
  );
  const [made] = rows;
  await owner.query(
    `insert into audit_seals (sequence, tenant_id, number, entry_id, hash) values ($1, $2, $3, $4, 'x')`,
    [made?.sequence, tenantId, number, made?.id],
  );
}

const swapNumbers = (a: number, b: number) =>
  owner
    .query(`update audit_seals set number = 1000000 where tenant_id = $1 and number = $2`, [tenantId, a])
    .then(() =>
      owner.query(`update audit_seals set number = $2 where tenant_id = $1 and number = $3`, [tenantId, a, b]),
    )
    .then(() =>
      owner.query(`update audit_seals set number = $2 where tenant_id = $1 and number = 1000000`, [tenantId, b]),
    );

interface Tampering {
  what: string;
  how: () => Promise<unknown>;
  found: () => Partial<NonNullable<ChainProof['fault']>>;
}

const tamperings: Tampering[] = [
  ...['actor_name', 'action', 'object_name', 'object_type', 'request_id', 'on_behalf_of_name'].map((column) => ({
    what: `a changed ${column}`,
    how: () => owner.query(`update audit_entries set ${column} = 'somebody else' where id = $1`, [ids[5]]),
    found: () => ({ kind: 'changed' as const, number: 5, entryId: ids[5] }),
  })),
  ...[
    `outcome = 'denied'`,
    `detail = '{"z": 2}'`,
    `before = '{}'`,
    `after = '{"a": 1}'`,
    `actor_id = gen_random_uuid()`,
    `object_id = gen_random_uuid()`,
    `operation_id = gen_random_uuid()`,
    `created_at = created_at + interval '1 microsecond'`,
    `tenant_id = null`,
  ].map((change) => ({
    what: `a change to ${change}`,
    how: () => owner.query(`update audit_entries set ${change} where id = $1`, [ids[5]]),
    found: () => ({ kind: 'changed' as const, number: 5, entryId: ids[5] }),
  })),
  {
    what: 'an entry that was changed together with its seal',
    how: async () => {
      await owner.query(`update audit_entries set actor_name = 'somebody else' where id = $1`, [ids[5]]);
      await forgeSeal(5);
    },
    found: () => ({ kind: 'changed', number: 5, entryId: ids[5] }),
  },
  {
    what: 'a removed entry whose seal is there',
    how: () => owner.query(`delete from audit_entries where id = $1`, [ids[5]]),
    found: () => ({ kind: 'removed', number: 5, entryId: ids[5] }),
  },
  {
    what: 'a removed entry with its seal',
    how: async () => {
      await owner.query(`delete from audit_entries where id = $1`, [ids[5]]);
      await owner.query(`delete from audit_seals where entry_id = $1`, [ids[5]]);
    },
    found: () => ({ kind: 'removed', number: 5 }),
  },
  {
    what: 'a removed entry with its seal, where the rest was moved up',
    how: async () => {
      await owner.query(`delete from audit_entries where id = $1`, [ids[5]]);
      await owner.query(`delete from audit_seals where entry_id = $1`, [ids[5]]);
      await move('> 5', -1);
    },
    found: () => ({ kind: 'removed', number: 5 }),
  },
  {
    what: 'a removed beginning',
    how: async () => {
      await owner.query(`delete from audit_entries where id = any ($1)`, [ids.slice(1, 4)]);
      await owner.query(`delete from audit_seals where entry_id = any ($1)`, [ids.slice(1, 4)]);
    },
    found: () => ({ kind: 'removed', number: 1 }),
  },
  {
    what: 'two entries that changed places',
    how: () => swapNumbers(3, 6),
    found: () => ({ kind: 'reordered', number: 3, entryId: ids[6] }),
  },
  {
    what: 'two neighbours that changed places',
    how: () => swapNumbers(3, 4),
    found: () => ({ kind: 'reordered', number: 3, entryId: ids[4] }),
  },
  {
    what: 'two entries that changed seals',
    how: async () => {
      await owner.query(`update audit_seals set entry_id = gen_random_uuid() where entry_id = $1`, [ids[3]]);
      await owner.query(`update audit_seals set entry_id = $1 where entry_id = $2`, [ids[3], ids[6]]);
      await owner.query(`update audit_seals set entry_id = $1 where tenant_id = $2 and number = 3`, [ids[6], tenantId]);
    },
    found: () => ({ kind: 'reordered', number: 3, entryId: ids[6] }),
  },
  {
    what: 'an entry that was put in between, with a seal',
    how: async () => {
      await move('>= 5', 1);
      await putIn(5);
    },
    found: () => ({ kind: 'inserted', number: 5 }),
  },
  {
    what: 'an entry that was put in between, with a seal that fits the one before',
    how: async () => {
      await move('>= 5', 1);
      const { rows } = await owner.query(
        `select sequence::int + 1 as free from audit_seals where tenant_id = $1 and number = 4`,
        [tenantId],
      );
      await putIn(5, rows[0].free);
      await forgeSeal(5);
    },
    found: () => ({ kind: 'inserted', number: 5 }),
  },
  {
    what: 'an entry that was put in without a seal, below those that have one',
    how: () =>
      owner.query(
        `insert into audit_entries (id, sequence, tenant_id, actor_name, action, object_type, outcome)
         overriding system value values (gen_random_uuid(), -1 - floor(random() * 1e9)::bigint, $1, 'stranger', 'a', 't', 'succeeded')`,
        [tenantId],
      ),
    found: () => ({ kind: 'inserted', number: null }),
  },
];

describe('the proof of a chain finds and names', () => {
  it.each(tamperings)('$what', async ({ how, found }) => {
    expect(await prove(tenantId)).toMatchObject({ state: 'proven' });
    await how();
    expect(await prove(tenantId)).toMatchObject({ state: 'broken', fault: found() });
  });

  it('a cut end, by what was signed of it', async () => {
    await checkpoint();
    await owner.query(`delete from audit_entries where id = any ($1)`, [ids.slice(7)]);
    await owner.query(`delete from audit_seals where entry_id = any ($1)`, [ids.slice(7)]);
    expect(await prove(tenantId)).toMatchObject({ state: 'broken', fault: { kind: 'truncated', number: 7 } });
    // Also where later entries have taken the numbers.
    await write(tenantId, 'after the cut');
    await write(tenantId, 'after the cut');
    await write(tenantId, 'after the cut');
    await sealOnce(db);
    expect(await prove(tenantId)).toMatchObject({ state: 'broken', fault: { kind: 'changed', number: 8 } });
  });

  it('a chain that was written anew as a whole, by what was signed of it', async () => {
    await checkpoint();
    await owner.query(`update audit_entries set actor_name = 'somebody else' where id = $1`, [ids[5]]);
    for (let number = 5; number <= 8; number += 1) await forgeSeal(number);
    expect(await prove(tenantId)).toMatchObject({ fault: { kind: 'changed', number: 8 } });
  });

  it('checkpoints that were removed as well, by their copies outside of the database', async () => {
    await checkpoint();
    const { rows } = await owner.query(
      `select kind, tenant_id as "tenantId", number::int, sequence::int, hash, signed_at as "signedAt", key_id as "keyId", signature
       from audit_checkpoints where tenant_id = $1`,
      [tenantId],
    );
    const copies = rows.map((row) => ({ ...row, signedAt: row.signedAt.toISOString() }));
    await owner.query(`delete from audit_entries where tenant_id = $1`, [tenantId]);
    await owner.query(`delete from audit_seals where tenant_id = $1`, [tenantId]);
    await owner.query(`delete from audit_checkpoints where tenant_id = $1`, [tenantId]);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: null });
    expect(await prove(tenantId, { copies })).toMatchObject({ fault: { kind: 'truncated', number: 1 } });
    const broken = [];
    for await (const proof of verifyEveryChain(db, { keys: signer.keys, copies })) {
      if (proof.tenantId === tenantId) broken.push(proof.fault?.kind);
    }
    expect(broken).toEqual(['truncated']);
  });

  it('a checkpoint that somebody else has signed', async () => {
    await checkpoint();
    const stranger = parseAuditSigner(randomBytes(32).toString('base64'));
    expect(await prove(tenantId, { keys: stranger.keys })).toMatchObject({ fault: { kind: 'forged', number: 8 } });
    await owner.query(`update audit_checkpoints set hash = 'x' where tenant_id = $1`, [tenantId]);
    expect(await prove(tenantId)).toMatchObject({ fault: { kind: 'forged', number: 8 } });
  });
});

describe('retention', () => {
  const age = (numbers: string, days: number) =>
    owner.query(
      `update audit_seals set sealed_at = now() - make_interval(days => $2) where tenant_id = $1 and number ${numbers}`,
      [tenantId, days],
    );
  const anchor = (days: number) => db.transaction(platformScope(), (tx) => anchorOutdated(tx, signer, days));
  const forget = (number: number) => db.transaction(platformScope(), (tx) => forgetEntries(tx, { tenantId, number }));

  it('removes what is old and signed for, and leaves the rest provable', async () => {
    await checkpoint();
    await age('<= 5', 500);
    expect(await anchor(400)).toContainEqual({ tenantId, number: 5 });
    expect(await forget(5)).toBe(5);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', from: 6, provenTo: { number: 8 } });
    await sealOnce(db);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', provenTo: { number: 9 } });

    await owner.query(`update audit_entries set actor_name = 'x' where id = $1`, [ids[6]]);
    expect(await prove(tenantId)).toMatchObject({ fault: { kind: 'changed', number: 6, entryId: ids[6] } });
  });

  it('is provable in the middle, and goes on where it was cut off', async () => {
    await checkpoint();
    await age('<= 5', 500);
    await anchor(400);
    await db.transaction(platformScope(), (tx) => tx.query(`select occ_forget_audit(?::uuid, 5, 2)`, [tenantId]));
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', from: 3 });
    expect(await anchor(400)).toContainEqual({ tenantId, number: 5 });
    expect(await forget(5)).toBe(3);
    expect(await prove(tenantId)).toMatchObject({ state: 'proven', from: 6 });
  });

  it('leaves what no checkpoint covers, and the newest entry of a chain', async () => {
    await age('> 0', 500);
    expect(await anchor(400)).not.toContainEqual(expect.objectContaining({ tenantId }));
    await checkpoint();
    expect(await anchor(400)).toContainEqual({ tenantId, number: 7 });
  });

  it('is found to be none where nobody has signed for it, or somebody else', async () => {
    await checkpoint();
    await age('<= 5', 500);
    await expect(forget(5)).rejects.toThrow(/not below a signed anchor/);
    await db.transaction(platformScope(), (tx) =>
      anchorOutdated(tx, parseAuditSigner(randomBytes(32).toString('base64')), 400),
    );
    await forget(5);
    expect(await prove(tenantId)).toMatchObject({ state: 'broken' });
  });

  it('never takes what is younger than a month, whatever it is told', async () => {
    await checkpoint();
    await age('<= 5', 20);
    await anchor(10);
    await expect(forget(5)).rejects.toThrow(/not old enough/);
  });
});
