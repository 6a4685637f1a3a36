import { redactText } from '@smartant/platform/logging';
import type { Transaction } from '@smartant/platform/postgres';
import { fingerprintOf, type AlertReport, type Labels, type Severity } from '../../domain/alert';
import { shortened, type Sighting } from '../../watchers/findings/finding';
import type { ConditionStore, DueReport, ObjectFinding, SightOptions } from '../../watchers/session/condition-store';
import { noteCounts } from './event-counts';
import type { Lease, WatcherDatabase, WatcherLease } from './watcher-lease';

/** Alerts know milliseconds. */
const NOW = "date_trunc('milliseconds', clock_timestamp())";
const IS_OVER = 'condition.ends_at IS NOT NULL';

interface ConditionRow {
  fingerprint: string;
  name: string;
  severity: Severity;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  quiet_seconds: number | null;
  occurrences: string;
  starts_at: Date;
  ends_at: Date | null;
  revision: string;
}

type Identified = { name: string; labels: Labels; annotations: Labels };

/** With its fingerprint, and with texts that can be stored: what objects and events say may be anybody's, also a secret that went astray. */
function identified<T extends Identified>(item: T): T & { fingerprint: string } {
  const texts = (of: Labels, storable: (text: string) => string) =>
    Object.fromEntries(Object.entries(of).map(([key, text]) => [key, storable(text)]));
  const labels = texts(item.labels, shortened);
  const annotations = texts(item.annotations, (text) => shortened(redactText(text)));
  return { ...item, labels, annotations, fingerprint: fingerprintOf({ workspaceId: '', name: item.name, labels }) };
}

export class PostgresConditionStore implements ConditionStore {
  /** One write after the other: many at once would keep the lease's row locked against its own renewal. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: WatcherDatabase,
    private readonly lease: WatcherLease,
    private readonly held: Lease,
  ) {}

  async position(scope: string): Promise<string | null> {
    const [row] = await this.database.query<{ resource_version: string }>(
      'SELECT resource_version FROM watcher_position WHERE scope = $1',
      [scope],
    );
    return row?.resource_version ?? null;
  }

  replace(scope: string, objects: readonly string[] | null, findings: readonly ObjectFinding[]): Promise<void> {
    const rows = findings.map(identified);
    return this.write(async (tx) => {
      await end(tx, 'scope = $1 AND quiet_seconds IS NULL AND ($2::text[] IS NULL OR object = ANY($2)) AND NOT fingerprint = ANY($3)', [
        ...[scope, objects, rows.map(({ fingerprint }) => fingerprint)],
      ]);
      if (rows.length === 0) return;
      await tx.query(
        `INSERT INTO watcher_condition AS condition (fingerprint, scope, object, name, severity, labels, annotations, hold_seconds, first_seen_at, last_seen_at)
         SELECT fingerprint, $1, object, name, severity, labels, annotations, "holdSeconds", ${NOW}, ${NOW}
         FROM jsonb_to_recordset($2::jsonb) AS found (fingerprint text, object text, name text, severity text, labels jsonb, annotations jsonb, "holdSeconds" integer)
         ORDER BY fingerprint
         ON CONFLICT (fingerprint) DO UPDATE SET ${SEEN_AGAIN}, hold_seconds = excluded.hold_seconds`,
        [scope, JSON.stringify(rows)],
      );
    });
  }

  sight(scope: string, sightings: readonly Sighting[], { listId, quietSeconds, forgotten = [], position }: SightOptions): Promise<void> {
    return this.write(async (tx) => {
      const grown = await noteCounts(tx, scope, sightings, listId);
      if (grown.length > 0) await addOccurrences(tx, scope, grown, quietSeconds);
      if (forgotten.length > 0) await tx.query('DELETE FROM watcher_event WHERE scope = $1 AND uid = ANY($2)', [scope, forgotten]);
      if (position !== undefined) await storePosition(tx, scope, position);
    });
  }

  endList(scope: string, listId: number, position: string): Promise<void> {
    return this.write(async (tx) => {
      await tx.query('DELETE FROM watcher_event WHERE scope = $1 AND list_id <> $2', [scope, listId]);
      await storePosition(tx, scope, position);
    });
  }

  retire(scopes: readonly string[]): Promise<void> {
    return this.write(async (tx) => {
      await end(tx, 'NOT scope = ANY($1)', [scopes]);
      for (const table of ['watcher_position', 'watcher_event']) await tx.query(`DELETE FROM ${table} WHERE NOT scope = ANY($1)`, [scopes]);
    });
  }

  async restartQuiet(scopes: readonly string[]): Promise<void> {
    if (scopes.length === 0) return;
    await this.write((tx) =>
      tx.query(
        `UPDATE watcher_condition SET last_seen_at = ${NOW} WHERE quiet_seconds IS NOT NULL AND ends_at IS NULL AND scope = ANY($1)`,
        [scopes],
      ),
    );
  }

  settle(liveScopes: readonly string[]): Promise<void> {
    return this.write(async (tx) => {
      await end(tx, `scope = ANY($1) AND last_seen_at + make_interval(secs => quiet_seconds) < ${NOW}`, [liveScopes]);
      await tx.query(
        `UPDATE watcher_condition SET starts_at = ${NOW}, revision = revision + 1
         WHERE starts_at IS NULL AND scope = ANY($1) AND occurrences >= threshold AND first_seen_at + make_interval(secs => hold_seconds) <= ${NOW}`,
        [liveScopes],
      );
    });
  }

  async due(repeatSeconds: number, limit: number): Promise<DueReport[]> {
    const rows = await this.database.query<ConditionRow>(
      `SELECT * FROM watcher_condition
       WHERE starts_at IS NOT NULL
         AND (told_revision < revision OR (ends_at IS NULL AND told_at + make_interval(secs => $1) <= clock_timestamp()))
       ORDER BY fingerprint LIMIT $2`,
      [repeatSeconds, limit],
    );
    return rows.map((row) => ({ fingerprint: row.fingerprint, revision: row.revision, report: reportOf(row) }));
  }

  told(reports: readonly DueReport[]): Promise<void> {
    const known = [reports.map(({ fingerprint }) => fingerprint), reports.map(({ revision }) => revision)];
    return this.write(async (tx) => {
      await tx.query(
        `UPDATE watcher_condition AS condition SET told_revision = told.revision, told_at = clock_timestamp()
         FROM unnest($1::text[], $2::bigint[]) AS told (fingerprint, revision) WHERE condition.fingerprint = told.fingerprint`,
        known,
      );
      await tx.query('DELETE FROM watcher_condition WHERE fingerprint = ANY($1) AND ends_at IS NOT NULL AND told_revision = revision', [
        known[0],
      ]);
    });
  }

  private write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = this.last.then(() => this.lease.fenced(this.held, work));
    this.last = result.catch(() => undefined);
    return result;
  }
}

/**
 * Of a condition that is still there, or there again before its end was told: then it begins at once, and after that end, which may be on its
 * way to the intake. (Told and over, it has no row, and begins with its hold.)
 */
const SEEN_AGAIN = `
  scope = excluded.scope, object = excluded.object, severity = excluded.severity, annotations = excluded.annotations,
  last_seen_at = excluded.last_seen_at,
  starts_at = CASE WHEN ${IS_OVER} THEN GREATEST(${NOW}, condition.ends_at + interval '1 millisecond') ELSE condition.starts_at END,
  revision = condition.revision + CASE WHEN ${IS_OVER} THEN 1 ELSE 0 END,
  ends_at = NULL`;

async function addOccurrences(tx: Transaction, scope: string, sightings: readonly Sighting[], quietSeconds: number): Promise<void> {
  const byFingerprint = new Map<string, Sighting & { fingerprint: string; object: string }>();
  for (const sighting of sightings.map(identified)) {
    const count = (byFingerprint.get(sighting.fingerprint)?.count ?? 0) + sighting.count;
    byFingerprint.set(sighting.fingerprint, { ...sighting, count, object: sighting.annotations['object'] ?? '' });
  }
  await tx.query(
    `INSERT INTO watcher_condition AS condition
       (fingerprint, scope, object, name, severity, labels, annotations, quiet_seconds, threshold, occurrences, first_seen_at, last_seen_at)
     SELECT fingerprint, $1, object, name, severity, labels, annotations, $3, threshold, count, ${NOW}, ${NOW}
     FROM jsonb_to_recordset($2::jsonb) AS seen (fingerprint text, object text, name text, severity text, labels jsonb, annotations jsonb, threshold integer, count bigint)
     ORDER BY fingerprint
     ON CONFLICT (fingerprint) DO UPDATE SET ${SEEN_AGAIN}, quiet_seconds = excluded.quiet_seconds, threshold = excluded.threshold,
       occurrences = CASE WHEN ${IS_OVER} THEN excluded.occurrences ELSE condition.occurrences + excluded.occurrences END`,
    [scope, JSON.stringify([...byFingerprint.values()]), quietSeconds],
  );
}

/** What was told ends; what was not goes as it came. */
async function end(tx: Transaction, which: string, params: unknown[]): Promise<void> {
  await tx.query(`DELETE FROM watcher_condition WHERE starts_at IS NULL AND ${which}`, params);
  await tx.query(
    `UPDATE watcher_condition SET ends_at = GREATEST(${NOW}, starts_at + interval '1 millisecond'), revision = revision + 1
     WHERE starts_at IS NOT NULL AND ends_at IS NULL AND ${which}`,
    params,
  );
}

async function storePosition(tx: Transaction, scope: string, position: string): Promise<void> {
  await tx.query(
    `INSERT INTO watcher_position (scope, resource_version) VALUES ($1, $2)
     ON CONFLICT (scope) DO UPDATE SET resource_version = excluded.resource_version, updated_at = clock_timestamp()`,
    [scope, position],
  );
}

function reportOf(row: ConditionRow): AlertReport {
  return {
    workspaceId: '',
    name: row.name,
    severity: row.severity,
    labels: row.labels,
    annotations: { ...row.annotations, ...(row.quiet_seconds !== null && { occurrences: row.occurrences }) },
    source: 'kubernetes',
    migrationId: '',
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    traceId: '',
    spanId: '',
  };
}
