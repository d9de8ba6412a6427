import { Client, type QueryResult } from 'pg';

const begins = /^(begin|start transaction\b[^;]*)$/;
const setsContext = /^select set_config\(/;
const ends = /^(commit|rollback)$/;

/**
 * A connection on which the head of a transaction (`begin`, then its context) costs no round trips: it waits, and
 * goes out in front of the first statement that needs it, in the same message. PostgreSQL carries a message out in
 * order and stops at the first error, so no statement ever runs without its head.
 */
export class HeadFirstClient extends Client {
  #head: string[] = [];
  #isGone = false;

  constructor(...settings: ConstructorParameters<typeof Client>) {
    super(...settings);
    for (const event of ['error', 'end'] as const) this.on(event, () => (this.#isGone = true));
  }

  override query(statement: unknown, values?: unknown, callback?: unknown): never {
    return this.#take(statement, values, callback) as never;
  }

  #take(statement: unknown, values: unknown, callback: unknown): unknown {
    const plain =
      typeof statement === 'string' && (values === undefined || (Array.isArray(values) && values.length === 0));
    if (plain && callback === undefined) {
      if (begins.test(statement)) this.#head = [];
      if (begins.test(statement) || (this.#head.length > 0 && setsContext.test(statement))) {
        this.#head.push(statement);
        return Promise.resolve(nothing(statement));
      }
    }
    if (statement === 'rollback' && plain && this.#head.length === 0) return this.#rollBack(statement);
    if (this.#head.length === 0) return this.#send(statement, values, callback);

    const head = this.#head.splice(0);
    if (plain && callback === undefined) {
      // What never sent a statement has nothing to commit either.
      if (ends.test(statement)) return Promise.resolve(nothing(statement));
      return this.#sendTogether([...head, statement]);
    }
    // Parameters and cursors need a message of their own, right behind. Should the head fail, so does that one.
    this.#sendTogether(head).catch(() => undefined);
    return this.#send(statement, values, callback);
  }

  /**
   * The server has rolled back what a connection that is gone had begun. A failure here would keep the pool from taking
   * the connection back, and its place in the pool would be lost.
   */
  async #rollBack(statement: string): Promise<unknown> {
    try {
      return await this.#send(statement);
    } catch (error) {
      if (this.#isGone) return nothing(statement);
      throw error;
    }
  }

  async #sendTogether(statements: readonly string[]): Promise<QueryResult | undefined> {
    const results = (await this.#send(statements.join(';\n'))) as QueryResult | QueryResult[];
    return Array.isArray(results) ? results.at(-1) : results;
  }

  #send(...query: unknown[]): unknown {
    return (super.query as (...query: unknown[]) => unknown).apply(this, query);
  }
}

const nothing = (statement: string) => ({
  command: statement.split(' ', 1)[0]?.toUpperCase(),
  rowCount: null,
  rows: [],
});
