import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import { qualified, quoteName, quoteText } from '../catalog/catalog';
import { objectPrefix } from '../replication/object-names';
import type { PgEndpoint, PgRow, PgSession } from '../session/pg-session';
import { restingEventTriggersSql } from '../session/rest-event-triggers';

export interface ReleaseResult {
  /** "source: replication slot smartant_…" */
  dropped: string[];
  /** What could not be taken away, and why; "everything" where an end cannot be reached. */
  left: { subject: 'source' | 'target'; object: string; reason: string }[];
}

/**
 * Takes away what a migration made at both ends: sessions that an earlier holder left, slots (whoever uses one is ended first), publications, event triggers, functions,
 * replication origins, rows in the schema `smartant`, and that schema where no other migration needs it. By name, so it needs to know
 * nothing of how far the migration came; can be repeated. An end that is gone is told in `left` and does not hold up the other.
 */
export async function release(source: PgEndpoint, target: PgEndpoint, migrationId: string, signal: AbortSignal): Promise<ReleaseResult> {
  const result: ReleaseResult = { dropped: [], left: [] };
  for (const [subject, endpoint] of [
    ['source', source],
    ['target', target],
  ] as const) {
    try {
      const session = await endpoint.open({ applicationName: `smartant release ${migrationId}`, signal });
      await new EndRelease(session, subject, migrationId, signal, result).run().finally(() => session.close());
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SmartantError)) throw error;
      result.left.push({ subject, object: 'everything', reason: error.message });
    }
  }
  return result;
}

interface Droppable {
  what: string;
  sql: string;
}

const SLOT_TRIES = 50;
const SLOT_WAIT_MS = 100;

class EndRelease {
  private readonly prefix: string;

  constructor(
    private readonly session: PgSession,
    private readonly subject: 'source' | 'target',
    private readonly migrationId: string,
    private readonly signal: AbortSignal,
    private readonly result: ReleaseResult,
  ) {
    this.prefix = objectPrefix(migrationId);
  }

  async run(): Promise<void> {
    await this.attempt('sessions of an earlier holder', () => this.endSessions());
    for (const row of await this.named(SLOTS))
      await this.attempt(`replication slot ${row['name']}`, () => this.dropSlot(row['name'] ?? ''));
    for (const row of await this.named(EVENT_TRIGGERS))
      await this.drop(`event trigger ${row['name']}`, `EVENT TRIGGER ${quoteName(row['name'] ?? '')}`);
    for (const row of await this.named(PUBLICATIONS))
      await this.drop(`publication ${row['name']}`, `PUBLICATION ${quoteName(row['name'] ?? '')}`);
    for (const row of await this.named(FUNCTIONS)) await this.drop(`function ${row['signature']}`, `FUNCTION ${row['signature']} CASCADE`);
    for (const row of await this.named(ORIGINS)) {
      const sql = `SELECT pg_replication_origin_drop(${quoteText(row['name'] ?? '')})`;
      await this.attempt(`replication origin ${row['name']}`, () => this.write([{ what: '', sql }]));
    }
    await this.attempt('rows in the schema smartant', () => this.deleteRows());
    await this.attempt('schema smartant', () => this.dropSchema());
  }

  private named(sql: string): Promise<PgRow[]> {
    return this.session.query(sql, [this.prefix], this.signal);
  }

  private drop(what: string, object: string): Promise<void> {
    return this.attempt(what, () =>
      this.write([{ what, sql: `DROP ${object.replace(/^(EVENT TRIGGER|PUBLICATION|FUNCTION) /, '$1 IF EXISTS ')}` }]),
    );
  }

  /** One object that cannot be dropped does not keep the others. */
  private async attempt(what: string, work: () => Promise<boolean | void>): Promise<void> {
    try {
      if ((await work()) !== false) this.result.dropped.push(`${this.subject}: ${what}`);
    } catch (error) {
      this.signal.throwIfAborted();
      if (!(error instanceof SmartantError) || error.code === 'DATABASE_UNREACHABLE') throw error;
      this.result.left.push({ subject: this.subject, object: what, reason: error.message });
    }
  }

  /** The database may be frozen: read-write is asked for each time. */
  private write(statements: Droppable[]): Promise<void> {
    return this.session.transaction(async () => {
      await this.session.query(restingEventTriggersSql(this.session), undefined, this.signal);
      for (const { sql } of statements) await this.session.query(sql, undefined, this.signal);
    }, 'BEGIN READ WRITE');
  }

  private async endSessions(): Promise<boolean> {
    return (await this.session.query(OTHER_SESSIONS, [this.migrationId], this.signal)).length > 0;
  }

  /** A slot that is in use cannot be dropped: its user is ended, and may come back before us a few times. */
  private async dropSlot(name: string): Promise<boolean> {
    let isEnded = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const rows = await this.session.query(
          `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
          [name],
          this.signal,
        );
        // A temporary one went with its session.
        return rows.length > 0 || isEnded;
      } catch (error) {
        const isInUse = error instanceof SmartantError && error.details['sqlState'] === '55006';
        if (!isInUse || attempt === SLOT_TRIES) throw error;
        await this.session.query(
          `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active`,
          [name],
          this.signal,
        );
        isEnded = true;
        await delay(SLOT_WAIT_MS, undefined, { signal: this.signal });
      }
    }
  }

  private async deleteRows(): Promise<boolean> {
    const tables = await this.session.query(OWN_TABLES, undefined, this.signal);
    let count = 0;
    await this.session.transaction(async () => {
      for (const row of tables) {
        const name = qualified({ schema: 'smartant', table: row['name'] ?? '' });
        count += await this.session.execute(
          `DELETE FROM ${name} WHERE migration_id = $1 OR starts_with(migration_id, $1 || '+')`,
          [this.migrationId],
          this.signal,
        );
      }
    }, 'BEGIN READ WRITE');
    return count > 0;
  }

  /** Only when nobody else has anything in it. Locked first, so that nobody begins meanwhile. */
  private async dropSchema(): Promise<boolean> {
    const [schema] = await this.session.query(`SELECT FROM pg_namespace WHERE nspname = 'smartant'`, undefined, this.signal);
    if (!schema) return false;
    return this.session.transaction(async () => {
      const tables = (await this.session.query(ALL_TABLES, undefined, this.signal)).map((row) =>
        qualified({ schema: 'smartant', table: row['name'] ?? '' }),
      );
      if (tables.length > 0) await this.session.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`, undefined, this.signal);
      for (const table of tables) {
        const [found] = await this.session.query(`SELECT FROM ${table} LIMIT 1`, undefined, this.signal);
        if (found) return false;
      }
      const [others] = await this.session.query(OTHER_FUNCTIONS, [this.prefix], this.signal);
      if (others) return false;
      await this.session.query(`${restingEventTriggersSql(this.session)}; DROP SCHEMA smartant CASCADE`, undefined, this.signal);
      return true;
    }, 'BEGIN READ WRITE');
  }
}

const SLOTS = `SELECT slot_name AS name FROM pg_replication_slots WHERE starts_with(slot_name::text, $1) ORDER BY 1`;
/** Of whoever was stopped, or is gone without a word: their snapshots hold back the vacuum, and their locks keep us waiting. */
const OTHER_SESSIONS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
  AND pid <> pg_backend_pid() AND application_name LIKE 'smartant %' AND strpos(application_name, $1) > 0`;
const EVENT_TRIGGERS = `SELECT evtname AS name FROM pg_event_trigger WHERE starts_with(evtname::text, $1) ORDER BY 1`;
const PUBLICATIONS = `SELECT pubname AS name FROM pg_publication WHERE starts_with(pubname::text, $1) ORDER BY 1`;
const ORIGINS = `SELECT roname AS name FROM pg_replication_origin WHERE starts_with(roname, $1) ORDER BY 1`;
const FUNCTIONS = `SELECT p.oid::regprocedure::text AS signature FROM pg_proc p WHERE starts_with(p.proname::text, $1) ORDER BY 1`;
const OTHER_FUNCTIONS = `SELECT FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = 'smartant' AND NOT starts_with(e.evtname::text, $1) LIMIT 1`;
const ALL_TABLES = `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = to_regnamespace('smartant') AND c.relkind IN ('r', 'p') ORDER BY 1`;
const OWN_TABLES = `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'migration_id' AND NOT a.attisdropped
  WHERE c.relnamespace = to_regnamespace('smartant') AND c.relkind IN ('r', 'p') ORDER BY 1`;
