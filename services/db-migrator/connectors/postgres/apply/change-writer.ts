import { SmartantError } from '@smartant/kernel';
import type { PgSession } from '../session/pg-session';
import { halvesOf, type Change } from './changes';
import { TextNeeded } from './binary-table';
import { planSteps } from './plan-steps';
import type { PutAside } from './put-aside';
import { statementsOf, type Statement } from './statements';
import { VALUES_UNTOLD } from './untold-value';

/** An update or delete that met fewer or more rows than the source changed. */
export interface Conflict {
  unit: string;
  kind: 'update' | 'delete';
  expected: number;
  found: number;
}

interface WriteOptions {
  /** The statements of these changes. */
  prepared?: readonly Statement[];
  /** Sends what ends the transaction's work; sent again where some of the changes were refused. */
  last?: () => Promise<void>;
  /** The changes are some of those that several write at once. */
  isShare?: boolean;
}

export interface ChangeWriterOptions {
  session: PgSession;
  /** The target's triggers and foreign keys look at what is written. */
  keepOrder: boolean;
  putAside: PutAside;
  onConflict: (conflict: Conflict) => void;
}

/**
 * Of several that write a batch, one that waits for another would wait for ever, and no server sees it: an index that was made since may let rows depend
 * on each other. Whoever begins again looks at the target's indexes anew.
 */
const SHARE_LOCK_WAIT = '10s';

/** Errors that are about what was to be written, not about the server or the moment. */
const ABOUT_THE_CHANGE = new Set([
  ...['DATABASE_REFUSED', 'DATABASE_CONSTRAINT_VIOLATED', 'DATABASE_VALUE_REFUSED', 'DATABASE_ACCESS_DENIED'],
  VALUES_UNTOLD,
]);

/**
 * Writes changes in a transaction of one session of the target. A set that is refused is undone, cut in two and tried again in the
 * source's order, down to the one change that does not go: its table is put aside.
 */
export class ChangeWriter {
  private isOpen = false;

  constructor(private readonly options: ChangeWriterOptions) {}

  get session(): PgSession {
    return this.options.session;
  }

  /** The transaction that changes are written in; it may be open already. `isShare`: nobody commits before all have written. */
  async begin(isShare = false): Promise<void> {
    if (this.isOpen) return;
    this.isOpen = true;
    await this.session.query(`BEGIN; SET CONSTRAINTS ALL DEFERRED${isShare ? `; SET LOCAL lock_timeout = '${SHARE_LOCK_WAIT}'` : ''}`);
  }

  /**
   * Sent without waiting for what is under way on the session.
   */
  async write(all: readonly Change[], { prepared, last, isShare = false }: WriteOptions = {}): Promise<void> {
    const { putAside } = this.options;
    const changes = putAside.without(all);
    const statements = changes.length === all.length && prepared ? prepared : this.plan(changes);
    const begun = this.begin(isShare);
    const tried = this.tryAll(statements);
    const ended = last?.();
    ended?.catch(() => undefined);
    const [, failure] = await Promise.all([begun, tried]);
    if (failure === undefined) return ended;
    await this.narrow(changes, failure);
    await last?.();
  }

  plan(changes: readonly Change[]): Statement[] {
    return planSteps(changes, this.options.keepOrder).flatMap(statementsOf);
  }

  /** Sends it; resolves once it is done. What is sent afterwards belongs to the next transaction. */
  async commit(): Promise<void> {
    this.isOpen = false;
    await this.session.query('COMMIT');
  }

  private async narrow(changes: readonly Change[], failure: SmartantError): Promise<void> {
    if (!ABOUT_THE_CHANGE.has(failure.code)) throw failure;
    await this.session.query('ROLLBACK TO SAVEPOINT batch; RELEASE SAVEPOINT batch');
    const halves = halvesOf(changes);
    if (!halves) return this.options.putAside.take(changes[0]!, failure);
    for (const half of halves) await this.write(half);
  }

  /** All are sent before the first is answered. The first that failed is what went wrong: those after it fail with the transaction. */
  private async tryAll(statements: readonly Statement[]): Promise<SmartantError | undefined> {
    if (statements.length === 0) return undefined;
    const { session, onConflict } = this.options;
    const impossible = statements.find(({ failure }) => failure !== undefined);
    if (impossible) {
      await session.execute('SAVEPOINT batch');
      return impossible.failure;
    }
    const running = [
      session.execute('SAVEPOINT batch'),
      ...statements.map((statement) => this.run(statement)),
      session.execute('RELEASE SAVEPOINT batch'),
    ];
    const results = await Promise.allSettled(running);
    for (const result of results) if (result.status === 'rejected') return result.reason as SmartantError;
    const foundBy = (index: number) => {
      const result = results[index + 1];
      return result?.status === 'fulfilled' ? result.value : 0;
    };
    const changed = statements.find(({ kind, expected }, index) => kind === 'check' && foundBy(index) !== expected);
    if (changed) return new TextNeeded(changed.unit);
    statements.forEach(({ expected, kind, unit }, index) => {
      const found = foundBy(index);
      if (expected === null || found === expected || (kind !== 'update' && kind !== 'delete')) return;
      onConflict({ unit, kind, expected, found });
    });
    return undefined;
  }

  private run({ name, sql, parameters, data }: Statement): Promise<number> {
    const { session } = this;
    if (data) return session.copyIn(sql, data);
    return name === null ? session.execute(sql, parameters) : session.executePrepared(name, sql, parameters);
  }
}
