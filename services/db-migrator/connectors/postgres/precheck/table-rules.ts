import { qualified, quoteName, type Catalog, type Table } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import type { PairFinding, Side } from './pair-finding';

const NAMED = 5;

/** What the tables of a side mean for a stream of their changes. `session`: on that side. */
export async function identityFindings(
  session: PgSession,
  tables: readonly Table[],
  subject: Side,
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const streamed = tables.filter(({ kind, isUnlogged }) => kind === 'r' && !isUnlogged);
  const refused = streamed.filter(({ identityColumns }) => identityColumns.length === 0);
  const whole = streamed.filter(({ replicaIdentity }) => replicaIdentity === 'f');
  const findings: PairFinding[] = [];
  if (refused.length > 0) {
    const byIndex = await identityIndexes(session, refused, signal);
    const statements = refused.map(
      (table) =>
        `ALTER TABLE ${qualified(table)} REPLICA IDENTITY ${byIndex.has(table.oid) ? `USING INDEX ${quoteName(byIndex.get(table.oid)!)}` : 'FULL'}`,
    );
    findings.push({
      severity: 'blocker',
      code: 'DATABASE_TABLE_WITHOUT_KEY',
      subject,
      message: `${refused.length} tables have no primary key (a deferrable one does not count) and no other replica identity (${named(refused)}): once published, the server refuses every UPDATE and DELETE of them.`,
      hint: 'Add a primary key; or name another replica identity (by the whole row where there is no unique index: more log, slow to apply); or leave them out (--exclude-table).',
      // From then on the server logs old rows whole: more log for each change, and nothing that an application sees.
      fix: { statements, isSafe: true, needsRestart: false },
    });
  }
  if (whole.length > 0) {
    findings.push({
      severity: 'warning',
      code: 'DATABASE_TABLE_IDENTITY_FULL',
      subject,
      message: `${whole.length} tables are identified by the whole row (${named(whole)}): their changes are found at the other side by comparing all columns, which is slow without an index.`,
      hint: 'Add a primary key where one can be had.',
    });
  }
  return findings;
}

/** Of each table an index that may name its rows, where there is one. */
async function identityIndexes(session: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<Map<string, string>> {
  const rows = await session.query(
    `SELECT DISTINCT ON (i.indrelid) i.indrelid AS oid, c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
       AND NOT EXISTS (SELECT FROM unnest(i.indkey) WITH ORDINALITY k(number, place) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
         WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
     ORDER BY i.indrelid, i.indnkeyatts, c.relname`,
    [`{${tables.map(({ oid }) => oid).join(',')}}`],
    signal,
  );
  return new Map(rows.map((row) => [row['oid'] ?? '', row['name'] ?? '']));
}

export function tableFindings({ tables }: Pick<Catalog, 'tables'>, isLive: boolean): PairFinding[] {
  const unlogged = tables.filter(({ kind, isUnlogged }) => kind === 'r' && isUnlogged);
  const foreign = tables.filter(({ kind }) => kind === 'f');
  const findings: PairFinding[] = [];
  if (isLive && unlogged.length > 0) {
    const statements = unlogged.map((table) => `ALTER TABLE ${qualified(table)} SET LOGGED`);
    findings.push({
      severity: 'blocker',
      code: 'DATABASE_TABLE_UNLOGGED',
      subject: 'source',
      message: `${unlogged.length} tables are unlogged (${named(unlogged)}): their changes are in no log, so what is written after the copy would be missing.`,
      hint: 'Make them logged, which rewrites each under a lock; or leave them out (--exclude-table), or migrate one snapshot (--snapshot-only).',
      fix: { statements, isSafe: false, needsRestart: false },
    });
  }
  if (foreign.length > 0) {
    findings.push({
      severity: 'note',
      code: 'DATABASE_TABLE_FOREIGN',
      subject: 'source',
      message: `${foreign.length} foreign tables (${named(foreign)}) are created at the target; their rows are elsewhere and are not copied.`,
      hint: 'See that the target reaches the same foreign server.',
    });
  }
  return findings;
}

export function named(tables: readonly { schema: string; table: string }[]): string {
  return firstOf(tables.map(({ schema, table }) => `${schema}.${table}`));
}

/** The first of many names, for a message. */
export function firstOf(names: readonly string[], most = NAMED): string {
  return names.slice(0, most).join(', ') + (names.length > most ? ', …' : '');
}
