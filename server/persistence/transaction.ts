import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../audit/audit-entry.entity.ts';
import { Event } from '../events/event.entity.ts';
import type { Operation } from '../operations/operation.entity.ts';
import type { Rollout } from '../rollouts/rollout.entity.ts';

export interface NewEvent {
  type: string;
  tenantId: string | null;
  projectId?: string | null;
  instanceId?: string | null;
  operationId?: string | null;
  actorName?: string | null;
  data?: Record<string, unknown>;
}

export type NewAuditEntry = Pick<
  AuditEntry,
  'tenantId' | 'actorId' | 'actorName' | 'action' | 'objectType' | 'outcome'
> &
  Partial<
    Pick<
      AuditEntry,
      | 'onBehalfOfId'
      | 'onBehalfOfName'
      | 'objectId'
      | 'objectName'
      | 'detail'
      | 'before'
      | 'after'
      | 'requestId'
      | 'operationId'
    >
  >;

/** All that a workflow needs to be started; read when the row is certain. */
export interface BookedOperation {
  operation: Operation;
  clusterId: string | null;
}

/** All that a rollout's workflow needs to be started. */
export type BookedRollout = Pick<Rollout, 'id' | 'tenantId' | 'projectId' | 'kind'>;

/** Reaches the workflow engine after a commit. None may throw: the change is made already. */
export interface OperationDispatch {
  start(booked: BookedOperation): Promise<void>;
  cancel(operationId: string): Promise<void>;
  startRollout(rollout: BookedRollout): Promise<void>;
  wakeRollout(rolloutId: string): Promise<void>;
}

/** What a command works on. Entities through `em`; events, audit and after-commit work through the methods. */
export class Transaction {
  readonly em: EntityManager;
  readonly #events: NewEvent[] = [];
  readonly #audited: NewAuditEntry[] = [];
  #isOneEntry = false;
  readonly #afterCommit: (() => void | Promise<void>)[] = [];
  readonly #booked: BookedOperation[] = [];
  readonly #cancelled: string[] = [];
  readonly #rollouts: BookedRollout[] = [];
  readonly #woken = new Set<string>();

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Starts the operation's workflow after the commit. */
  start(operation: Operation, clusterId: string | null): void {
    this.#booked.push({ operation, clusterId });
  }

  /** Asks the operation's run to take back what it did, after the commit. */
  cancel(operationId: string): void {
    this.#cancelled.push(operationId);
  }

  /** Starts the rollout's workflow after the commit. */
  startRollout(rollout: BookedRollout): void {
    this.#rollouts.push(rollout);
  }

  /** Tells the rollout's run, after the commit, that its rows have changed. */
  wakeRollout(rolloutId: string): void {
    this.#woken.add(rolloutId);
  }

  emit(event: NewEvent): void {
    this.#events.push(event);
  }

  /** From here on one entry is written: that of what was asked for. What it set off is told in its `also`. */
  auditAsOne(): void {
    this.#isOneEntry = true;
  }

  audit(entry: NewAuditEntry): void {
    const asked = this.#isOneEntry ? this.#audited[0] : undefined;
    if (asked) tellWithin(asked, entry);
    else this.#audited.push(entry);
  }

  /** How many entries this transaction writes. */
  get auditCount(): number {
    return this.#audited.length;
  }

  /** Must not fail: the change is committed already. What cannot be lost is also found by the observer. */
  afterCommit(work: () => void | Promise<void>): void {
    this.#afterCommit.push(work);
  }

  /** Rows of hand-written SQL under this transaction's context. */
  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.em.execute(sql, parameters)) as unknown as Row[];
  }

  async flush(): Promise<void> {
    await this.em.flush();
    // Last on purpose: inserting takes the lock that puts events and audit entries in commit order.
    const audited = this.#audited.splice(0);
    if (audited.length > 0) {
      await this.em.insertMany(
        AuditEntry,
        audited.map((entry) => ({ detail: {}, ...entry, id: uuidv7(), createdAt: new Date() })),
      );
    }
    const events = this.#events.splice(0);
    if (events.length === 0) return;
    await this.em.insertMany(
      Event,
      events.map((event) => ({ ...event, id: uuidv7(), createdAt: new Date() })),
    );
  }

  /** What is lost here (a crash, Temporal away) the observer does again from the rows. */
  async committed(dispatch: OperationDispatch | undefined): Promise<void> {
    for (const work of this.#afterCommit) await work();
    if (!dispatch) return;
    for (const booked of this.#booked) await dispatch.start(booked);
    for (const operationId of this.#cancelled) await dispatch.cancel(operationId);
    for (const rollout of this.#rollouts) await dispatch.startRollout(rollout);
    for (const rolloutId of this.#woken) await dispatch.wakeRollout(rolloutId);
  }
}

function tellWithin(asked: NewAuditEntry, { action, objectType, objectId, operationId, detail }: NewAuditEntry): void {
  const { also = [] } = (asked.detail ?? {}) as { also?: unknown[] };
  const told = { action, objectType, objectId: objectId ?? null, ...(operationId && { operationId }), detail };
  asked.detail = { ...asked.detail, also: [...also, told] };
  asked.operationId ??= operationId;
}
