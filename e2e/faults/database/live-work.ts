import { Bank } from '../../database/bank';
import { waitFor } from '../../platform/embedded-platform';
import type { ApiMigration } from '../../platform/migration';
import { last } from '../chaos/fault-kinds';
import { persistently } from '../chaos/persistently';
import type { SeededRandom } from '../chaos/seeded-random';
import type { ChosenScope } from './chosen-scope';
import { HeldSession } from './held-session';

/** Tables beside the bank's, of which `bank.later` is not in the scope at first. */
const TABLES = `CREATE TABLE IF NOT EXISTS bank.busy (id int PRIMARY KEY, n int NOT NULL, note text, extra int);
  CREATE TABLE IF NOT EXISTS bank.quiet (id int PRIMARY KEY, note text, extra int);
  CREATE TABLE IF NOT EXISTS bank.later (id int PRIMARY KEY, account int REFERENCES bank.account, note text, extra int);
  CREATE INDEX IF NOT EXISTS later_by_note ON bank.later (note);
  INSERT INTO bank.busy SELECT n, 0, repeat('b', n % 50), n % 7 FROM generate_series(1, 3000) n ON CONFLICT DO NOTHING;
  INSERT INTO bank.quiet SELECT n, 'quiet ' || n, n FROM generate_series(1, 200) n ON CONFLICT DO NOTHING;
  INSERT INTO bank.later SELECT n, 1 + n % 200, repeat('l', n % 90), n FROM generate_series(1, 6000) n ON CONFLICT DO NOTHING`;

/** Of these, the migration copies at first. */
export const LIVE_TABLES = ['bank.busy', 'bank.quiet'];
export const ADDED_LATER = 'bank.later';

/** More than twice what a batch must have to be shared out to several appliers. */
const BURST = 5_000;
const A_TRANSACTION = 10;
/** Keys that bursts never touch. */
const UNTOUCHED = 2_000;

interface Check {
  id: string;
  state: 'asked' | 'running' | 'done' | 'failed';
  result: { differenceCount: number; repairedRows: number } | null;
  error: { code: string; message: string } | null;
}

export interface LiveWorkOptions {
  migration: ApiMigration;
  scope: ChosenScope;
  sourceUrl: string;
  targetUrl: string;
  random: SeededRandom;
  strike: (moment: string) => Promise<void>;
  say: (line: string) => void;
  patienceMs: number;
}

/** Tables for it, made at the source; may be repeated. */
export function foundLiveTables(sourceUrl: string): Promise<unknown> {
  return persistently(() => query(sourceUrl, TABLES));
}

/** What users do with a migration that streams, each struck in the middle. */
export class LiveWork {
  /** What may have been committed at the source beside the bank's transfers. */
  readonly attempted = { transactions: 0, changes: 0 };

  constructor(private readonly options: LiveWorkOptions) {}

  async run(): Promise<void> {
    await this.applyInParallel();
    await this.verify();
    await this.repair();
    await this.add();
    await this.resync();
  }

  /** Appliers that share out a backlog; one of them waits for a lock when the fault comes, and others have committed. */
  private async applyInParallel(): Promise<void> {
    const { targetUrl, random } = this.options;
    const lock = await persistently(() => HeldSession.open(targetUrl, 'LOCK TABLE bank.busy IN SHARE ROW EXCLUSIVE MODE'));
    try {
      await this.burst();
      await waitFor('an applier to wait', () => lock.holdsUp(), 30_000).catch(() => this.options.say('no applier waited for the lock'));
      await Promise.all([this.options.strike('parallel apply'), last(random.between(0, 2_000)).then(() => letGo(lock))]);
    } finally {
      await letGo(lock);
    }
    await this.untilEqual('bank.busy');
  }

  private async verify(): Promise<void> {
    const done = await this.struck('verify', () => this.untilChecked('verify', []));
    if (done.differenceCount > 0) throw new Error(`a verification beside the stream found ${JSON.stringify(done)}`);
  }

  private async repair(): Promise<void> {
    const { targetUrl } = this.options;
    await this.spoil(targetUrl, 'bank.quiet');
    const done = await this.struck('repair', () => this.untilChecked('repair', ['bank.quiet']));
    if (done.differenceCount > 0) throw new Error(`a repair left ${JSON.stringify(done)}`);
    await this.untilEqual('bank.quiet');
  }

  private async add(): Promise<void> {
    await this.struck('add-table', () => this.changeTables({ add: [ADDED_LATER] }));
    await this.untilEqual(ADDED_LATER);
  }

  private async resync(): Promise<void> {
    await this.spoil(this.options.targetUrl, 'bank.busy', UNTOUCHED);
    await this.struck('resync', () => Promise.all([this.changeTables({ resync: ['bank.busy'] }), this.burst()]));
    await this.untilEqual('bank.busy');
  }

  private async struck<T>(moment: string, act: () => Promise<T>): Promise<T> {
    const { random, strike } = this.options;
    const [result] = await Promise.all([act(), last(random.between(0, 2_000)).then(() => strike(moment))]);
    return result;
  }

  /** Changes of a few thousand rows in small transactions; some of them twice, where it was cut off. */
  private burst(): Promise<unknown> {
    return persistently(() => {
      this.attempted.changes += BURST;
      this.attempted.transactions += BURST / A_TRANSACTION;
      return query(
        this.options.sourceUrl,
        `DO $$ BEGIN FOR step IN 1..${BURST} LOOP
           INSERT INTO bank.busy VALUES (10000 + (step * 7919) % 4000, step, 'b' || step, step)
             ON CONFLICT (id) DO UPDATE SET n = excluded.n, note = excluded.note, extra = excluded.extra;
           IF step % ${A_TRANSACTION} = 0 THEN COMMIT; END IF;
         END LOOP; END $$`,
      );
    });
  }

  /** As somebody does who writes into the target by mistake. Done again it spoils no more. */
  private spoil(targetUrl: string, table: string, from = 0): Promise<unknown> {
    return persistently(() =>
      query(targetUrl, `UPDATE ${table} SET note = 'spoilt' WHERE id = ${from + 7}; DELETE FROM ${table} WHERE id = ${from + 8}`),
    );
  }

  /** A check that a fault ended, or that nobody took while the stream was away, is asked for again. */
  private async untilChecked(kind: 'verify' | 'repair', tables: string[]): Promise<NonNullable<Check['result']>> {
    const { migration, patienceMs, say } = this.options;
    let done: Check['result'] = null;
    let said = '';
    await waitFor(
      `a ${kind}`,
      async () => {
        const asked = await migration.call<Check>('POST', 'checks', { kind, tables });
        const ended = await this.untilEnded(asked.id);
        said = JSON.stringify(ended);
        if (ended.state === 'failed') say(`${kind}: ${ended.error?.code}: ${ended.error?.message}`);
        else done = ended.result;
        return done !== null;
      },
      patienceMs,
      () => said,
    );
    return done!;
  }

  private async untilEnded(id: string): Promise<Check> {
    const { migration, patienceMs } = this.options;
    let found: Check | undefined;
    await waitFor(
      'a check to end',
      async () => {
        const { items } = await migration.call<{ items: Check[] }>('GET', 'checks');
        found = items.find((check) => check.id === id);
        return found?.state === 'done' || found?.state === 'failed';
      },
      patienceMs,
      () => JSON.stringify(found),
    );
    return found!;
  }

  private changeTables(change: object): Promise<unknown> {
    return this.options.migration.call('POST', 'tables', { add: [], drop: [], resync: [], ...change });
  }

  private async untilEqual(table: string): Promise<void> {
    const { scope, sourceUrl, targetUrl, migration, patienceMs } = this.options;
    const seen: unknown[] = [];
    await waitFor(
      `${table} to be equal`,
      async () => {
        const view = await migration.get();
        if (view.status === 'failed') throw new Error(`the platform ended it: ${JSON.stringify(view.error)}`);
        const source = (await scope.contentAt('source', sourceUrl, table))[table];
        const target = (await scope.contentAt('target', targetUrl, table))[table];
        seen.splice(0, seen.length, source, target, view.phase, view.status, view.findings);
        return source !== undefined && JSON.stringify(source) === JSON.stringify(target);
      },
      patienceMs,
      () => JSON.stringify(seen),
    ).catch(async (error: unknown) => {
      const facts = await Promise.all([
        differing(scope, table, sourceUrl, targetUrl),
        standing('source', sourceUrl),
        standing('target', targetUrl),
      ]);
      throw new Error([String(error), ...facts].join('\n'));
    });
  }
}

/** Some rows of the one side that the other has not, for whoever has to find out why. */
async function differing(scope: ChosenScope, table: string, sourceUrl: string, targetUrl: string): Promise<string> {
  const [source, target] = [await scope.rowsAt('source', sourceUrl, table), await scope.rowsAt('target', targetUrl, table)];
  const only = (one: Set<string>, other: Set<string>): string =>
    [...one]
      .filter((row) => !other.has(row))
      .slice(0, 5)
      .join(' ');
  return `only at the source: ${only(source, target)}; only at the target: ${only(target, source)}`;
}

/** Who does what in a database, who waits for whom, and what the migration has on record there. */
async function standing(side: string, url: string): Promise<string> {
  const told = async (sql: string): Promise<string> => {
    const rows = await query(url, sql).catch((error: unknown) => ({ rows: [{ error: String(error) }] }));
    return (rows as { rows: unknown[] }).rows.map((row) => `  ${JSON.stringify(row)}`).join('\n');
  };
  const parts = await Promise.all([
    told(`SELECT pid, application_name, state, wait_event_type, wait_event, now() - xact_start AS "in", pg_blocking_pids(pid) AS behind, left(query, 120) AS query
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`),
    told(
      'SELECT slot_name, active_pid, restart_lsn, confirmed_flush_lsn, catalog_xmin FROM pg_replication_slots WHERE database = current_database()',
    ),
    ...(side === 'target' ? ['table_sync', 'stream_position'].map((table) => told(`SELECT * FROM smartant.${table}`)) : []),
  ]);
  return [`${side}:`, ...parts].join('\n');
}

/** Nothing where the fault ended it, or it was let go before. */
async function letGo(lock: HeldSession): Promise<void> {
  await lock.close().catch(() => undefined);
}

function query(url: string, sql: string): Promise<unknown> {
  return new Bank(url).with((client) => client.query(sql));
}
