import type { Transaction } from '../persistence/transaction.ts';
import { platformScope, type Database, type Scope } from '../persistence/database.ts';
import type { AuditKeys, SignedCheckpoint } from './checkpoint.ts';
import { sealedEntrySql, sealHash, type SealedEntry } from './sealed-entry.ts';

/** Of one proof, so that nobody waits for it long; the next one goes on from there. */
const provenAtMost = 50_000;
const pageSize = 1_000;

export const faultKinds = ['changed', 'removed', 'inserted', 'reordered', 'truncated', 'forged'] as const;

/** The first thing that is wrong in a chain. */
export interface ChainFault {
  kind: (typeof faultKinds)[number];
  /** Its place in the chain, where it has or had one. */
  number: number | null;
  entryId: string | null;
  detail: string;
}

/** A point of a chain that something was proven to or from. */
export interface ChainPoint {
  number: number;
  sequence: number;
  hash: string;
}

export interface ChainProof {
  tenantId: string | null;
  /** Whether everything from `from` to `provenTo` is as it was sealed. */
  state: 'proven' | 'broken';
  /** The number of the first entry that was looked at. */
  from: number;
  /** Null where there is nothing. */
  provenTo: (ChainPoint & { at: string }) | null;
  /** Where the next proof goes on; null at the end of the chain. */
  next: number | null;
  /** The newest that was signed, and whether the signature is by one of our keys. */
  checkpoint: (ChainPoint & { signedAt: string; signature: 'valid' | 'forged' | 'unknown' }) | null;
  /** Entries that have come since the last seal: within a second or so they have theirs. */
  unsealed: number;
  fault: ChainFault | null;
}

export interface ProofOrder {
  tenantId: string | null;
  /** The first number to look at; left out: from the newest checkpoint that covers a part of the chain. */
  from?: number;
  keys: AuditKeys;
  /** From outside of the database, where nobody who can change it could reach them. */
  copies?: readonly SignedCheckpoint[];
}

/**
 * Proves a part of a chain: that each entry is as it was when it was sealed, that each seal follows the one before, and
 * that the chain goes through every point that was signed. Short transactions, one a page; nothing that is proven can
 * change meanwhile.
 */
export async function verifyChain(db: Database, scope: Scope, order: ProofOrder): Promise<ChainProof> {
  return new Proof(db, scope, order).make();
}

/** Every chain there is, each from its beginning to its end. As the platform. */
export async function* verifyEveryChain(
  db: Database,
  { keys, copies = [] }: Pick<ProofOrder, 'keys' | 'copies'>,
): AsyncGenerator<ChainProof> {
  const found = await db.transaction(platformScope(), (tx) =>
    tx.query<{ tenantId: string | null }>(
      `select distinct tenant_id as "tenantId" from (select tenant_id from audit_seals
         union select tenant_id from audit_checkpoints union select tenant_id from audit_entries) chains`,
    ),
  );
  const chains = new Set([null, ...found.map(({ tenantId }) => tenantId), ...copies.map(({ tenantId }) => tenantId)]);
  for (const tenantId of chains) {
    const ofChain = copies.filter((copy) => copy.tenantId === tenantId);
    let proof = await verifyChain(db, platformScope(), { tenantId, from: 1, keys, copies: ofChain });
    const { from } = proof;
    while (proof.state === 'proven' && proof.next !== null) {
      proof = await verifyChain(db, platformScope(), { tenantId, from: proof.next, keys, copies: ofChain });
    }
    yield { ...proof, from };
  }
}

interface Link {
  number: number;
  sequence: number;
  entryId: string;
  previousHash: string | null;
  hash: string;
  sealedAt: string;
  entry: SealedEntry | null;
}

class Proof {
  readonly #db: Database;
  readonly #scope: Scope;
  readonly #order: ProofOrder;
  #fault: ChainFault | null = null;
  #last: ChainPoint = { number: 0, sequence: 0, hash: '' };
  #at: string | null = null;

  constructor(db: Database, scope: Scope, order: ProofOrder) {
    this.#db = db;
    this.#scope = scope;
    this.#order = order;
  }

  async make(): Promise<ChainProof> {
    const { tenantId } = this.#order;
    const checkpoints = await this.#checkpoints();
    const newest = checkpoints.findLast(({ kind }) => kind === 'head') ?? null;
    const from = await this.#begin(checkpoints);
    const signed = Map.groupBy(checkpoints, ({ number }) => number);
    const forged = checkpoints.find((checkpoint) => this.#order.keys.check(checkpoint) === 'forged');
    if (forged)
      this.#fail('forged', forged.number, null, `The signature of the checkpoint at ${forged.number} is none of ours.`);

    let next: number | null = null;
    for (let seen = 0; this.#fault === null;) {
      const page = await this.#page(this.#last.number);
      for (const [index, link] of page.entries()) {
        await this.#follow(link, page[index + 1] ?? null);
        if (!this.#fault && signed.get(link.number)?.some(({ hash }) => hash !== link.hash)) {
          this.#fail(
            'changed',
            link.number,
            link.entryId,
            `The chain was written anew at or before ${link.number}: its seal is not the one that was signed.`,
          );
        }
        if (this.#fault) break;
        this.#stand(link);
      }
      seen += page.length;
      if (page.length < pageSize) break;
      if (seen >= provenAtMost) {
        next = this.#last.number + 1;
        break;
      }
    }
    if (!this.#fault && next === null) await this.#checkEnd(newest);
    const unsealed = await this.#unsealed();
    const { number, sequence, hash } = this.#last;
    return {
      tenantId,
      state: this.#fault ? 'broken' : 'proven',
      from,
      provenTo: number > 0 && this.#at !== null ? { number, sequence, hash, at: this.#at } : null,
      next: this.#fault ? null : next,
      checkpoint: newest && {
        number: newest.number,
        sequence: newest.sequence,
        hash: newest.hash,
        signedAt: newest.signedAt,
        signature: this.#order.keys.check(newest),
      },
      unsealed,
      fault: this.#fault,
    };
  }

  /** Where the proof begins, and what the first link there has to follow. @returns the number that is looked at first */
  async #begin(checkpoints: readonly SignedCheckpoint[]): Promise<number> {
    const { keys } = this.#order;
    const anchor = checkpoints.findLast(({ kind }) => kind === 'anchor') ?? null;
    const [first] = await this.#links(`true`, 'number', 1);
    const [head] = await this.#links(`true`, 'number desc', 1);
    const checkpoint = checkpoints.findLast(
      (signed) => signed.kind === 'head' && head && signed.number <= head.number && keys.check(signed) === 'valid',
    );
    const from = Math.max(this.#order.from ?? checkpoint?.number ?? 1, 1);
    const begin = first ? Math.max(from, first.number) : from;
    if (first && first.number > 1 && begin === first.number) {
      // What was before is gone. That is right where retention has signed for it.
      if (!anchor || anchor.number < first.number - 1 || keys.check(anchor) === 'forged') {
        this.#fail(
          'removed',
          1,
          null,
          `Entries 1 to ${first.number - 1} are gone, and no anchor of retention says why.`,
        );
      }
      const isExact = anchor?.number === first.number - 1;
      this.#last = { number: first.number - 1, sequence: 0, hash: isExact ? anchor.hash : (first.previousHash ?? '') };
      return begin;
    }
    if (begin > 1) {
      const [before] = await this.#links('number = ?', 'number', 1, [begin - 1]);
      if (before) this.#stand(before);
      else if (head && begin <= head.number)
        this.#fail('removed', begin - 1, null, `Entry ${begin - 1} is gone with its seal.`);
      else if (head) this.#stand(head);
    }
    return begin;
  }

  #stand(link: Link): void {
    this.#last = link;
    this.#at = link.sealedAt;
  }

  async #follow(link: Link, following: Link | null): Promise<void> {
    const expected = this.#last.number + 1;
    const { number, entryId, entry } = link;
    if (number !== expected) {
      const gone = number - 1 === expected ? `Entry ${expected} is` : `Entries ${expected} to ${number - 1} are`;
      return this.#fail('removed', expected, null, `${gone} gone with the seal.`);
    }
    if (!entry) return this.#fail('removed', number, entryId, `Entry ${number} is gone; its seal is there.`);
    if (entry.sequence !== link.sequence || link.sequence <= this.#last.sequence) {
      return this.#fail('reordered', number, entryId, `Entry ${number} stood at another place when it was sealed.`);
    }
    const previousHash = this.#last.hash === '' ? null : this.#last.hash;
    if (link.previousHash !== previousHash) return this.#explainLink(link, following);
    const hash = sealHash({ tenantId: this.#order.tenantId, number, previousHash }, entry);
    if (hash === link.hash) return;
    if ((await this.#after(number, following))?.previousHash === previousHash) return this.#failInserted(link);
    this.#fail('changed', number, entryId, `Entry ${number} is not what it was when it was sealed.`);
  }

  /** The seal does not follow the one before it: whichever it does follow says what has happened. */
  async #explainLink(link: Link, following: Link | null): Promise<void> {
    const { tenantId } = this.#order;
    const { number, previousHash, entryId, entry, hash } = link;
    const [predecessor] = previousHash === null ? [] : await this.#links('hash = ?', 'number', 1, [previousHash]);
    if (predecessor && predecessor.number >= number) {
      return this.#fail('reordered', number, entryId, `Entry ${number} stood after ${predecessor.number}.`);
    }
    if ((await this.#after(number, following))?.previousHash === this.#last.hash) return this.#failInserted(link);
    if (predecessor) {
      const [stranger] = await this.#links('number = ?', 'number', 1, [predecessor.number + 1]);
      if (stranger) return this.#failInserted(stranger);
    }
    if (!entry || hash === sealHash({ tenantId, number, previousHash: this.#last.hash }, entry)) {
      return this.#fail('changed', number, entryId, `The seal of entry ${number} is not what it was.`);
    }
    if (number > 1 && hash === sealHash({ tenantId, number, previousHash }, entry)) {
      const [before] = await this.#links('number = ?', 'number', 1, [number - 1]);
      const detail = `Entry ${number - 1} was changed together with its seal.`;
      return this.#fail('changed', number - 1, before?.entryId ?? null, detail);
    }
    this.#fail('removed', number, null, `What stood before entry ${number} is gone, and the rest was moved up.`);
  }

  async #after(number: number, following: Link | null): Promise<Link | undefined> {
    return following ?? (await this.#links('number = ?', 'number', 1, [number + 1]))[0];
  }

  #failInserted({ number, entryId }: Link): void {
    this.#fail('inserted', number, entryId, `Entry ${number} was put in before one that was sealed there.`);
  }

  async #checkEnd(newest: SignedCheckpoint | null): Promise<void> {
    if (newest && newest.number > this.#last.number) {
      return this.#fail(
        'truncated',
        this.#last.number + 1,
        null,
        `Entries ${this.#last.number + 1} to ${newest.number} are gone: ${newest.number} was signed ${newest.signedAt}.`,
      );
    }
    const [slipped] = await this.#read<{ id: string }>(
      `select e.id from audit_entries e where ${this.#chain('e')}
         and e.sequence <= (select max(s.sequence) from audit_seals s)
         and not exists (select from audit_seals s where s.entry_id = e.id) order by e.sequence limit 1`,
      this.#chainParameters(),
    );
    if (slipped) this.#fail('inserted', null, slipped.id, 'The entry was put in among those that are sealed already.');
  }

  async #unsealed(): Promise<number> {
    const [row] = await this.#read<{ count: number }>(
      `select count(*)::int as count from audit_entries e where ${this.#chain('e')}
         and e.sequence > coalesce((select max(s.sequence) from audit_seals s where ${this.#chain('s')}), 0)
         and not exists (select from audit_seals s where s.entry_id = e.id)`,
      [...this.#chainParameters(), ...this.#chainParameters()],
    );
    return row?.count ?? 0;
  }

  /** In order of their numbers: those of the database and the copies from outside of it. */
  async #checkpoints(): Promise<SignedCheckpoint[]> {
    const rows = await this.#read<SignedCheckpoint>(
      `select c.kind, c.tenant_id as "tenantId", c.number::float8 as number, c.sequence::float8 as sequence, c.hash,
         to_char(c.signed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "signedAt",
         c.key_id as "keyId", c.signature
       from audit_checkpoints c where ${this.#chain('c')}`,
      this.#chainParameters(),
    );
    return [...rows, ...(this.#order.copies ?? [])].toSorted((a, b) => a.number - b.number);
  }

  #page(after: number): Promise<Link[]> {
    return this.#links('number > ?', 'number', pageSize, [after]);
  }

  #links(where: string, sort: string, limit: number, parameters: unknown[] = []): Promise<Link[]> {
    return this.#read<Link>(
      `select s.number::float8 as number, s.sequence::float8 as sequence, s.entry_id as "entryId",
         s.previous_hash as "previousHash", s.hash, case when e.id is not null then ${sealedEntrySql} end as entry,
         to_char(s.sealed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "sealedAt"
       from audit_seals s left join audit_entries e on e.id = s.entry_id
       where ${this.#chain('s')} and s.${where === 'true' ? 'number > 0' : where} order by s.${sort} limit ${limit}`,
      [...this.#chainParameters(), ...parameters],
    );
  }

  /** Not `is not distinct from`, which no index serves. */
  #chain(alias: string): string {
    return this.#order.tenantId === null ? `${alias}.tenant_id is null` : `${alias}.tenant_id = ?::uuid`;
  }

  #chainParameters(): unknown[] {
    return this.#order.tenantId === null ? [] : [this.#order.tenantId];
  }

  #read<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.#db.transaction(this.#scope, (tx: Transaction) => tx.query<Row>(sql, parameters));
  }

  #fail(kind: ChainFault['kind'], number: number | null, entryId: string | null, detail: string): void {
    this.#fault ??= { kind, number, entryId, detail };
  }
}
