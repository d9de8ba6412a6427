import { setTimeout as sleep } from 'node:timers/promises';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Logger } from '../observability/logger.ts';

const lifeSeconds = 6;
const renewEveryMs = 2_000;
const askAgainMs = 2_000;

/** The right to do something alone. Ends by itself when it is not renewed, also while this process is frozen. */
export interface Lease {
  readonly name: string;
  readonly epoch: number;
  /** Aborted when the lease is lost or given back. */
  readonly signal: AbortSignal;
  /** Keeps the lease from being taken over until the transaction ends. @throws LeaseLost */
  assertHeld(tx: Transaction): Promise<void>;
  /** For writes that are no transactions. @throws LeaseLost */
  assertValid(): void;
}

export class LeaseLost extends Error {
  constructor(name: string) {
    super(`the lease ${name} is lost`);
  }
}

export interface HoldOptions {
  db: Database;
  log: Logger;
  name: string;
  /** Of this process and no other. */
  holder: string;
  signal: AbortSignal;
  /** False when the work under the lease has got stuck: another process may have it then. */
  healthy?: () => boolean;
}

/**
 * Does `work` whenever the lease is to be had, until `signal` ends it. The work must end soon after the lease's own
 * signal; when it ends or fails by itself, the lease is given back and asked for again.
 */
export async function holdLease(options: HoldOptions, work: (lease: Lease) => Promise<void>): Promise<void> {
  const { db, log, name, holder, signal } = options;
  while (!signal.aborted) {
    try {
      const epoch = await takeLease(db, name, holder);
      if (epoch !== null) await workUnder(options, epoch, work);
    } catch (error) {
      if (!signal.aborted) log.warn({ lease: name, err: error }, 'work under a lease ended; it is asked for again');
    }
    await sleep(askAgainMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}

async function workUnder(options: HoldOptions, epoch: number, work: (lease: Lease) => Promise<void>): Promise<void> {
  const { db, log, name, holder, healthy = () => true } = options;
  const controller = new AbortController();
  const lifeMs = lifeSeconds * 1_000;
  let validUntilMs = performance.now() + lifeMs;
  const lose = (): void => controller.abort(new LeaseLost(name));
  const isValid = (): boolean => !controller.signal.aborted && performance.now() < validUntilMs;

  const lease: Lease = {
    name,
    epoch,
    signal: AbortSignal.any([controller.signal, options.signal]),
    async assertHeld(tx) {
      const held = await tx.query(`select 1 from leases where name = ? and holder = ? and epoch = ? for share`, [
        name,
        holder,
        epoch,
      ]);
      if (held.length === 0) lose();
      lease.assertValid();
    },
    assertValid() {
      if (!isValid()) throw new LeaseLost(name);
    },
  };

  const renewing = (async () => {
    while (!lease.signal.aborted) {
      await sleep(renewEveryMs, undefined, { signal: lease.signal }).catch(() => undefined);
      if (lease.signal.aborted) return;
      const askedMs = performance.now();
      const renewed = healthy() ? await renewLease(db, name, holder, epoch).catch(() => null) : false;
      if (renewed) validUntilMs = askedMs + lifeMs;
      // No answer (null) is not yet a loss: the database may be back before the lease has run out.
      if (renewed === false || !isValid()) lose();
    }
  })();
  log.info({ lease: name, epoch }, 'lease taken');
  try {
    await work(lease);
  } finally {
    controller.abort(new LeaseLost(name));
    await renewing;
    await giveBack(db, name, holder, epoch).catch(() => undefined); // else it runs out by itself
  }
}

/** @returns the new epoch, null where somebody else holds it; all times are the database's */
async function takeLease(db: Database, name: string, holder: string): Promise<number | null> {
  const rows = await db.transaction(platformScope(), (tx) =>
    tx.query<{ epoch: string }>(
      `insert into leases (name, holder, epoch, expires_at) values (?, ?, 1, now() + make_interval(secs => ?))
       on conflict (name) do update set holder = excluded.holder, epoch = leases.epoch + 1, expires_at = excluded.expires_at
       where leases.expires_at < now()
       returning epoch`,
      [name, holder, lifeSeconds],
    ),
  );
  return rows[0] ? Number(rows[0].epoch) : null;
}

async function renewLease(db: Database, name: string, holder: string, epoch: number): Promise<boolean> {
  const rows = await db.transaction(platformScope(), (tx) =>
    tx.query(
      `update leases set expires_at = now() + make_interval(secs => ?) where name = ? and holder = ? and epoch = ?
       returning epoch`,
      [lifeSeconds, name, holder, epoch],
    ),
  );
  return rows.length > 0;
}

async function giveBack(db: Database, name: string, holder: string, epoch: number): Promise<void> {
  await db.transaction(platformScope(), (tx) =>
    tx.query(`update leases set expires_at = now() - interval '1 second' where name = ? and holder = ? and epoch = ?`, [
      name,
      holder,
      epoch,
    ]),
  );
}
