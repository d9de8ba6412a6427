import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { entities } from './entities.ts';
import { HeadFirstClient } from './head-first-client.ts';
import { Transaction, type OperationDispatch } from './transaction.ts';

/**
 * Whose rows a transaction may see. `tenants` is what nearly everything runs as; `platform` is for the observer,
 * settling and platform administrators. The database enforces it; see migrations.
 */
export type Scope =
  | { kind: 'tenants'; tenantIds: readonly string[]; userId?: string }
  | { kind: 'platform'; userId?: string };

export const tenantScope = (tenantId: string, userId?: string): Scope => ({
  kind: 'tenants',
  tenantIds: [tenantId],
  userId,
});
export const platformScope = (userId?: string): Scope => ({ kind: 'platform', userId });

export interface DatabaseOptions {
  /** Of role `occ_app`. */
  url: string;
  poolSize?: number;
  applicationName: string;
  onQuery?: (sql: string) => void;
  /** Where booked operations go after the commit; left out where the observer alone starts them. */
  dispatch?: OperationDispatch;
}

export class Database {
  readonly #orm: MikroORM;
  readonly #dispatch: OperationDispatch | undefined;

  private constructor(orm: MikroORM, dispatch: OperationDispatch | undefined) {
    this.#orm = orm;
    this.#dispatch = dispatch;
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    const orm = await MikroORM.init({
      clientUrl: options.url,
      entities,
      pool: { min: 0, max: options.poolSize ?? 10 },
      driverOptions: { application_name: options.applicationName, Client: HeadFirstClient },
      forceUtcTimezone: true,
      ...(options.onQuery && {
        debug: ['query'],
        highlighter: undefined,
        logger: options.onQuery,
      }),
    });
    return new Database(orm, options.dispatch);
  }

  /**
   * One command, one transaction. What `work` recorded as events is written last, so that their order is commit
   * order; what it asked to happen after commit happens only then.
   */
  async transaction<T>(scope: Scope, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const em = this.#fork(scope);
    const { result, tx } = await em.transactional(async (inner) => {
      const transaction = new Transaction(inner);
      const value = await work(transaction);
      await transaction.flush();
      return { result: value, tx: transaction };
    });
    await tx.committed(this.#dispatch);
    return result;
  }

  /** A statement that needs no context: health checks and `occ_authenticate`. */
  async execute<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.#orm.em.getConnection().execute<Row[]>(sql, parameters);
  }

  async close(): Promise<void> {
    await this.#orm.close();
  }

  #fork(scope: Scope): EntityManager {
    const em = this.#orm.em.fork() as EntityManager;
    em.setSessionContext({
      variables: {
        'occ.tenants': scope.kind === 'tenants' ? scope.tenantIds.join(',') : '',
        'occ.user': scope.userId ?? '',
        // As a variable it is set by the same statement; it ends with the transaction like the others.
        ...(scope.kind === 'platform' && { role: 'occ_platform' }),
      },
    });
    return em;
  }
}
