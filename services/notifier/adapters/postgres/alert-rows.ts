import { newId } from '@smartant/kernel';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { AlertFilter, AlertStore } from '../../application/ports/stores';
import { fingerprintOf, type AlertReport, type AlertSource } from '../../domain/alert';
import { afterReport, firstKnown, type AlertChange, type KnownAlert } from '../../domain/known-alert';
import type { Matcher } from '../../domain/routing/matcher';

/** Of one statement. */
const BATCH = 500;

export const ALERT_COLUMNS = `a.id, a.workspace_id AS "workspaceId", a.fingerprint, a.name, a.severity, a.status, a.labels, a.annotations, a.source,
  a.migration_id AS "migrationId", a.trace_id AS "traceId", a.span_id AS "spanId", a.starts_at AS "startsAt", a.ends_at AS "endsAt", a.expired AS "isExpired",
  a.acknowledged_at AS "acknowledgedAt", a.acknowledged_by AS "acknowledgedBy"`;

const FIELDS = `id text, "workspaceId" text, fingerprint text, name text, severity text, status text, labels jsonb, annotations jsonb, source text,
  "migrationId" text, "traceId" text, "spanId" text, "startsAt" timestamptz, "endsAt" timestamptz, "isExpired" boolean, "routeDue" boolean`;

/** Alerts in the table `alert`. */
export class AlertRows implements AlertStore {
  constructor(private readonly database: Pick<Database, 'query' | 'transaction'>) {}

  async record(reports: readonly AlertReport[]): Promise<Map<AlertChange, number>> {
    const byFingerprint = Map.groupBy(reports, fingerprintOf);
    // Always in the same order, so that two that bring the same alerts wait for each other and never in a circle.
    const fingerprints = [...byFingerprint.keys()].sort();
    return this.database.transaction(async (tx) => {
      const changes = new Map<AlertChange, number>();
      for (let at = 0; at < fingerprints.length; at += BATCH) {
        const batch = fingerprints.slice(at, at + BATCH).map((fingerprint) => [fingerprint, byFingerprint.get(fingerprint)!] as const);
        for (const change of await recordBatch(tx, batch)) changes.set(change, (changes.get(change) ?? 0) + 1);
        await putOffExpiry(tx, batch);
      }
      return changes;
    });
  }

  async expire(size: number): Promise<Map<AlertSource, number>> {
    const expired = await this.database.query<{ source: AlertSource }>(
      `UPDATE alert SET status = 'resolved', ends_at = expires_at, expires_at = NULL, expired = true, route_due = true, changed_at = clock_timestamp()
       WHERE id IN (SELECT id FROM alert WHERE expires_at <= clock_timestamp() AND status = 'firing' ORDER BY fingerprint LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING source`,
      [size],
    );
    return new Map([...Map.groupBy(expired, ({ source }) => source)].map(([source, { length }]) => [source, length]));
  }

  async find(workspaceId: string, id: string): Promise<KnownAlert | null> {
    const [row] = await this.database.query<KnownAlert>(`SELECT ${ALERT_COLUMNS} FROM alert AS a WHERE a.workspace_id = $1 AND a.id = $2`, [
      workspaceId,
      id,
    ]);
    return row ?? null;
  }

  list(workspaceId: string, filter: AlertFilter, size: number, after: string | null): Promise<KnownAlert[]> {
    const { status, severity, migrationId, text, names } = filter;
    return this.database.query<KnownAlert>(
      `SELECT ${ALERT_COLUMNS} FROM alert AS a
       WHERE a.workspace_id = $1 AND ($2 = '' OR a.status = $2) AND ($3 = '' OR a.severity = $3) AND ($4 = '' OR a.migration_id = $4)
         AND ($5 = '' OR a.name = ANY($6) OR strpos(lower(a.name), lower($5)) > 0
           OR EXISTS (SELECT 1 FROM jsonb_each_text(a.labels || a.annotations) AS said WHERE strpos(lower(said.value), lower($5)) > 0))
         AND ($7::text IS NULL OR a.id < $7)
       ORDER BY a.id DESC LIMIT $8`,
      [workspaceId, status, severity, migrationId, text, names, after, size],
    );
  }

  async acknowledge(workspaceId: string, id: string, actor: string, comment: string): Promise<KnownAlert | null> {
    await this.database.query(
      `UPDATE alert SET acknowledged_at = clock_timestamp(), acknowledged_by = $3, acknowledged_comment = $4
       WHERE workspace_id = $1 AND id = $2 AND acknowledged_at IS NULL AND status = 'firing'`,
      [workspaceId, id, actor, comment],
    );
    return this.find(workspaceId, id);
  }

  firing(workspaceId: string, matchers: readonly Matcher[], size: number, after: string): Promise<KnownAlert[]> {
    return firingPage(this.database, workspaceId, matchers, size, after);
  }
}

/** Matchers of the form `=` narrow the search; the others are for the caller to ask. */
export function firingPage(
  executor: SqlExecutor,
  workspaceId: string,
  matchers: readonly Matcher[],
  size: number,
  after: string,
): Promise<KnownAlert[]> {
  const equal = matchers.filter(({ operator, value }) => operator === '=' && value !== '');
  const of = (label: string) => equal.find((matcher) => matcher.label === label)?.value ?? null;
  const beside = ['alertname', 'severity', 'source', 'migration_id'];
  const labels = Object.fromEntries(equal.filter(({ label }) => !beside.includes(label)).map(({ label, value }) => [label, value]));
  return executor.query<KnownAlert>(
    `SELECT ${ALERT_COLUMNS} FROM alert AS a
     WHERE a.workspace_id = $1 AND a.status = 'firing' AND ($2::text IS NULL OR a.name = $2) AND ($3::text IS NULL OR a.severity = $3)
       AND a.labels @> $4::jsonb AND a.id > $5
     ORDER BY a.id LIMIT $6`,
    [workspaceId, of('alertname'), of('severity'), JSON.stringify(labels), after, size],
  );
}

async function recordBatch(tx: SqlExecutor, batch: readonly (readonly [string, AlertReport[]])[]): Promise<AlertChange[]> {
  const fresh = batch.map(([, reports]) => folded(firstKnown(newId('alr'), reports[0]!), reports.slice(1), 'fired'));
  const inserted = await tx.query<{ fingerprint: string }>(
    `INSERT INTO alert (id, workspace_id, fingerprint, name, severity, status, labels, annotations, source, migration_id, trace_id, span_id, starts_at,
       ends_at, route_due)
     SELECT id, "workspaceId", fingerprint, name, severity, status, labels, annotations, source, "migrationId", "traceId", "spanId", "startsAt", "endsAt",
       status = 'firing'
     FROM jsonb_to_recordset($1) AS r (${FIELDS}) ORDER BY fingerprint
     ON CONFLICT (fingerprint) DO NOTHING RETURNING fingerprint`,
    [JSON.stringify(fresh.map(({ alert }) => alert))],
  );
  const made = new Set(inserted.map(({ fingerprint }) => fingerprint));
  const changes: AlertChange[] = fresh
    .filter(({ alert }) => made.has(alert.fingerprint))
    .map(({ alert }) => (alert.status === 'firing' ? 'fired' : 'facts'));
  const rest = new Map(batch.filter(([fingerprint]) => !made.has(fingerprint)));
  if (rest.size === 0) return changes;
  const known = await tx.query<KnownAlert>(
    `SELECT ${ALERT_COLUMNS} FROM alert AS a WHERE a.fingerprint = ANY($1) ORDER BY a.fingerprint FOR NO KEY UPDATE`,
    [[...rest.keys()]],
  );
  const after = known.map((alert) => folded(alert, rest.get(alert.fingerprint) ?? [], 'none'));
  await update(
    tx,
    after.filter(({ change }) => change !== 'none'),
  );
  return [...changes, ...after.map(({ change }) => change)];
}

/** Each saying that it fires counts, also one that changes nothing else. */
async function putOffExpiry(tx: SqlExecutor, batch: readonly (readonly [string, AlertReport[]])[]): Promise<void> {
  const said = batch.flatMap(([fingerprint, reports]) => {
    const last = reports.findLast(({ endsAt }) => endsAt === null);
    return last ? [{ fingerprint, seconds: typeof last.silentMs === 'number' ? last.silentMs / 1_000 : null }] : [];
  });
  if (said.length === 0) return;
  await tx.query(
    `UPDATE alert AS a SET expires_at = clock_timestamp() + make_interval(secs => r.seconds)
     FROM jsonb_to_recordset($1) AS r (fingerprint text, seconds float8)
     WHERE a.fingerprint = r.fingerprint AND a.status = 'firing' AND (a.expires_at IS NOT NULL OR r.seconds IS NOT NULL)`,
    [JSON.stringify(said)],
  );
}

interface Folded {
  alert: KnownAlert;
  change: AlertChange;
}

const WEIGHT: AlertChange[] = ['none', 'facts', 'severity', 'resolved', 'fired'];

function folded(alert: KnownAlert, reports: readonly AlertReport[], change: AlertChange): Folded {
  return reports.reduce<Folded>(
    (so, report) => {
      const next = afterReport(so.alert, report);
      return { alert: next.alert, change: WEIGHT.indexOf(next.change) > WEIGHT.indexOf(so.change) ? next.change : so.change };
    },
    { alert, change },
  );
}

async function update(tx: SqlExecutor, changed: readonly Folded[]): Promise<void> {
  if (changed.length === 0) return;
  const rows = changed.map(({ alert, change }) => ({ ...alert, routeDue: change !== 'facts' }));
  await tx.query(
    `UPDATE alert AS a SET severity = r.severity, status = r.status, annotations = r.annotations, trace_id = r."traceId", span_id = r."spanId", starts_at = r."startsAt",
       ends_at = r."endsAt", expired = r."isExpired", expires_at = CASE r.status WHEN 'firing' THEN a.expires_at END, route_due = a.route_due OR r."routeDue",
       changed_at = CASE WHEN r."routeDue" OR r.status <> a.status THEN clock_timestamp() ELSE a.changed_at END,
       acknowledged_at = r."acknowledgedAt", acknowledged_by = r."acknowledgedBy",
       acknowledged_comment = CASE WHEN r."acknowledgedAt" IS NULL THEN '' ELSE a.acknowledged_comment END
     FROM jsonb_to_recordset($1) AS r (${FIELDS}, "acknowledgedAt" timestamptz, "acknowledgedBy" text) WHERE a.id = r.id`,
    [JSON.stringify(rows)],
  );
}
