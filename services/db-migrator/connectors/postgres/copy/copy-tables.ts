import { availableParallelism } from 'node:os';
import { ExponentialBackoff, handleWhen, retry, type IPolicy } from 'cockatiel';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';
import { CopyBookkeeping } from './copy-bookkeeping';
import { copyError, isOfTable } from './copy-errors';
import type { CopyOptions, CopyTotals } from './copy-options';
import { CopyPlan } from './copy-plan';
import { CopyProgress } from './copy-progress';
import { applicationNameOf } from './copy-sessions';
import { LogFlusher } from './log-flusher';
import { PartCopier } from './part-copier';
import type { Part } from './part-sql';

const ATTEMPTS = 8;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 15_000;
const FEWEST_JOBS = 2;
const MOST_JOBS = 8;

/**
 * Copies tables under one snapshot, several at once, each part of one in one transaction of the target together with the note that it is
 * there: after a crash at any moment, the same call goes on with what is missing. When it resolves, all of it outlives a crash of the
 * target. Tables that fail alone are quarantined, and a later call tries them again.
 *
 * Raises DATABASE_SNAPSHOT_LOST (backoff) when the snapshot is not there any more, or when tables were rewritten after it: once all
 * others are copied. To be called again under a new one, with its position. Raises DATABASE_EPOCH_STALE when another holder has taken over,
 * CANCELLED, what `quarantine` raises, and what the servers raise when they stay away.
 */
export async function copyTables(options: CopyOptions): Promise<CopyTotals> {
  try {
    return await new CopyRun(options).run();
  } catch (error) {
    if (options.signal.aborted) throw toSmartantError(new DOMException('The copy was stopped.', 'AbortError'));
    throw toSmartantError(error);
  }
}

export type BookkeepingOptions = Pick<CopyOptions, 'target' | 'migrationId' | 'epoch' | 'signal'>;

/**
 * Marks tables, as named at the source, to be copied again by the next `copyTables`, under the snapshot of that one: to resync a table.
 * Raises DATABASE_EPOCH_STALE.
 */
export async function recopyTables(options: BookkeepingOptions, tables: readonly TableName[]): Promise<void> {
  await withBookkeeping(options, (bookkeeping, session) => bookkeeping.forget(session, tables, options.signal));
}

/** Tables that belong to the copy, and are left to a later call where they are not copied. Raises DATABASE_EPOCH_STALE. */
export async function leaveTables(options: BookkeepingOptions, tables: readonly TableName[]): Promise<void> {
  await withBookkeeping(options, (bookkeeping, session) => bookkeeping.leave(session, tables, options.signal));
}

/** From here on the stream takes the changes of tables: all before the position are at the target. Raises DATABASE_EPOCH_STALE. */
export async function moveSyncPositions(options: BookkeepingOptions, tables: readonly TableName[], lsn: string): Promise<void> {
  await withBookkeeping(options, (bookkeeping, session) => bookkeeping.moveSync(session, tables, lsn, options.signal));
}

/**
 * Where the stream of changes begins for each table that is copied, by its name at the source ("schema.table"): its changes that were
 * committed before are in the copy. Raises DATABASE_EPOCH_STALE.
 */
export async function readSyncPositions(options: BookkeepingOptions): Promise<Map<string, string>> {
  return withBookkeeping(options, (bookkeeping, session) => bookkeeping.readSyncPositions(session, options.signal));
}

async function withBookkeeping<T>(
  options: BookkeepingOptions,
  work: (bookkeeping: CopyBookkeeping, session: PgSession) => Promise<T>,
): Promise<T> {
  const bookkeeping = new CopyBookkeeping(options.migrationId, options.epoch);
  const session = await options.target.open({ applicationName: applicationNameOf(options), signal: options.signal });
  try {
    await bookkeeping.take(session, options.signal);
    return await work(bookkeeping, session);
  } finally {
    await session.close();
  }
}

class CopyRun {
  private readonly bookkeeping: CopyBookkeeping;
  private readonly applicationName: string;
  private readonly again: IPolicy;
  private readonly stop = new AbortController();
  private readonly options: CopyOptions;
  private readonly failed = new Set<string>();
  private readonly stale = new Map<string, SmartantError>();
  private readonly begun = new Set<string>();
  /** Not begun, because `mayBegin` said so. */
  private readonly left = new Map<string, TableName>();

  constructor(options: CopyOptions) {
    this.options = { ...options, signal: AbortSignal.any([options.signal, this.stop.signal]) };
    this.bookkeeping = new CopyBookkeeping(options.migrationId, options.epoch);
    this.applicationName = applicationNameOf(options);
    const passes = (error: Error) => error instanceof SmartantError && error.retryable && error.code !== 'DATABASE_SNAPSHOT_LOST';
    this.again = retry(handleWhen(passes), {
      maxAttempts: (options.attempts ?? ATTEMPTS) - 1,
      backoff: new ExponentialBackoff({ initialDelay: FIRST_DELAY_MS, maxDelay: LONGEST_DELAY_MS }),
    });
  }

  async run(): Promise<CopyTotals> {
    await this.atTarget(async (session) => {
      await this.bookkeeping.take(session, this.options.signal);
      await this.endOlderHolders(session);
    });
    // A target that crashes may lose what it acknowledged last: only what is there after the durable point counts as copied.
    for (;;) {
      const plan = await this.plan();
      const parts = plan.parts.filter(({ table }) => !this.isAside(nameOf(table)));
      if (parts.length === 0) break;
      await this.copyAll(parts, plan);
      await this.atTarget((session) => this.bookkeeping.makeDurable(session, this.options.signal));
    }
    const [stale] = this.stale.values();
    if (stale) throw stale;
    if (this.left.size > 0) {
      await this.atTarget((session) => this.bookkeeping.leave(session, [...this.left.values()], this.options.signal));
    }
    return this.atTarget((session) => this.bookkeeping.totals(session, this.options.signal));
  }

  private async plan(): Promise<CopyPlan> {
    const copier = this.copier();
    try {
      return await this.attempt(async () => {
        const { source, target } = await copier.open();
        const plan = await CopyPlan.make(this.options, this.bookkeeping, source, target);
        for (const { table, error } of plan.refused) await this.putAside(nameOf(table), error);
        return plan;
      });
    } finally {
      await copier.close();
    }
  }

  private async copyAll(parts: Part[], plan: CopyPlan): Promise<void> {
    const jobs = Math.min(parts.length, this.options.jobs || Math.min(MOST_JOBS, Math.max(FEWEST_JOBS, availableParallelism())));
    const queue = parts.values();
    const flusher = new LogFlusher(this.options, this.applicationName);
    const progress = new CopyProgress(this.options, (bytes) => flusher.wrote(bytes));
    const workers = Array.from({ length: jobs }, () => this.work(queue, plan, progress));
    // All of them have to be still before anything else is done, and the first error is the reason of the others.
    await Promise.all(workers.map((worker) => worker.catch((error: unknown) => this.stop.abort(error))));
    await flusher.close();
    if (this.stop.signal.aborted) throw this.stop.signal.reason;
  }

  private async work(queue: IterableIterator<Part>, plan: CopyPlan, progress: CopyProgress): Promise<void> {
    const copier = this.copier();
    try {
      for (const part of queue) if (this.isMeant(part, plan)) await this.copyPart(copier, part, plan, progress);
    } finally {
      await copier.close();
    }
  }

  private async copyPart(copier: PartCopier, part: Part, plan: CopyPlan, progress: CopyProgress): Promise<void> {
    const of = plan.of(part.table);
    try {
      const result = await this.attemptPart(part, async () => {
        await copier.open();
        const attempt = progress.begin(part.table, of.copied);
        try {
          const done = await copier.copy(part, of, attempt.onBytes);
          if (done) attempt.commit(done);
          return done;
        } catch (error) {
          throw copyError(error, part.table);
        } finally {
          attempt.end();
        }
      });
      if (result) this.options.onPart({ table: part.table, ...result });
    } catch (error) {
      await this.setAside(part, error);
    }
  }

  /** Each attempt is seen: what part it was, and what it failed with. */
  private attemptPart<T>(part: Part, work: () => Promise<T>): Promise<T> {
    const { unit } = this.options;
    if (!unit) return this.attempt(work);
    let attempt = 0;
    return this.attempt(() => {
      attempt += 1;
      return unit('copy rows', { ...partAttributes(part), 'smartant.attempt': attempt }, work);
    });
  }

  private async setAside({ table }: Part, error: unknown): Promise<void> {
    const name = nameOf(table);
    if (!(error instanceof SmartantError)) throw error;
    if (error.code === 'DATABASE_SNAPSHOT_LOST' && error.details['table'] === name) this.stale.set(name, error);
    else if (isOfTable(error)) await this.putAside(name, error);
    else throw error;
  }

  private async putAside(name: string, { code, message }: SmartantError): Promise<void> {
    if (this.failed.has(name)) return;
    this.failed.add(name);
    await this.options.quarantine({ unit: name, code, message });
  }

  private isAside(name: string): boolean {
    return this.failed.has(name) || this.stale.has(name) || this.left.has(name);
  }

  private isMeant({ table }: Part, plan: CopyPlan): boolean {
    const name = nameOf(table);
    if (this.isAside(name)) return false;
    if (this.begun.has(name) || plan.of(table).begun !== null || (this.options.mayBegin?.(table) ?? true)) {
      this.begun.add(name);
      return true;
    }
    this.left.set(name, table);
    return false;
  }

  private copier(): PartCopier {
    return new PartCopier(this.options, this.bookkeeping, this.applicationName);
  }

  private async atTarget<T>(work: (session: PgSession) => Promise<T>): Promise<T> {
    return this.attempt(async () => {
      const { target, signal } = this.options;
      const session = await target.open({ applicationName: this.applicationName, signal });
      try {
        return await work(session);
      } finally {
        await session.close();
      }
    });
  }

  /** Sessions of an older holder that is still at work would hold locks until it notices; what they had not committed is undone. */
  private async endOlderHolders(session: PgSession): Promise<void> {
    await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user
         AND starts_with(application_name, $1) AND application_name <> $2`,
      [applicationNameOf({ ...this.options, epoch: '' }), this.applicationName],
      this.options.signal,
    );
  }

  private attempt<T>(work: () => Promise<T>): Promise<T> {
    return this.again.execute(async () => {
      this.options.signal.throwIfAborted();
      return work();
    }, this.options.signal);
  }
}

/** Pages of the heap: the range of rows that a part is. */
function partAttributes({ table, number, pages }: Part): Record<string, string | number> {
  const range = pages ? `pages ${pages.from} to ${pages.to ?? 'the end'}` : 'all';
  return { 'smartant.table': nameOf(table), 'smartant.rows': range, 'smartant.part': number };
}
