import { isActive, type OperationPhase } from '../../workflows/contracts/phases.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';

/** Attempts that ask within so long ask together: a rollout has fifty of them under way, each asking again and again. */
const gatherMs = 250;

interface Question {
  operationId: string;
  resolve(isOwner: boolean): void;
  reject(error: unknown): void;
}

/** Whether operations still own their subjects, asked of the database for all attempts of this process at once. */
export class Ownership {
  readonly #db: Database;
  #waiting: Question[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  /** The answer is of a moment after the call. @throws what the database threw, to all who asked together */
  isStillOwner(operationId: string): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    if (this.#waiting.length === 0) setTimeout(() => void this.#ask(), gatherMs).unref();
    this.#waiting.push({ operationId, resolve, reject });
    return promise;
  }

  async #ask(): Promise<void> {
    const questions = this.#waiting.splice(0);
    const ids = [...new Set(questions.map(({ operationId }) => operationId))];
    try {
      const rows = await this.#db.transaction(platformScope(), (tx) =>
        tx.query<{ id: string; phase: OperationPhase }>('select id, phase from operations where id = any (?::uuid[])', [
          `{${ids.join(',')}}`,
        ]),
      );
      const owners = new Set(rows.filter(({ phase }) => isActive(phase)).map(({ id }) => id));
      for (const { operationId, resolve } of questions) resolve(owners.has(operationId));
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  }
}
