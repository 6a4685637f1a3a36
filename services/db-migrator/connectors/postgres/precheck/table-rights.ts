import { SmartantError } from '@smartant/kernel';
import { qualified, quoteName, type Sequence, type Table } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import type { PairFinding } from './pair-finding';
import { named } from './table-rules';

/** Rights of the session's role on the tables of the source, by asking for each. */
export async function tableRightFindings(
  session: PgSession,
  tables: readonly Table[],
  isLive: boolean,
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const rows = await session.query(
    `SELECT o::text AS oid, has_table_privilege(o, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE') AS reads, pg_has_role(c.relowner, 'USAGE') AS owns,
      has_table_privilege(o, 'UPDATE, DELETE, TRUNCATE') AS locks, row_security_active(o) AS hides
      FROM unnest($1::oid[]) o JOIN pg_class c ON c.oid = o`,
    [`{${tables.map(({ oid }) => oid).join(',')}}`],
    signal,
  );
  const user = quoteName((await session.query('SELECT current_user AS user', undefined, signal))[0]?.['user'] ?? '');
  const byOid = new Map(rows.map((row) => [row['oid'], row]));
  const held = tables.filter(({ kind }) => kind !== 'f');
  const where = (column: string, value: string) => held.filter(({ oid }) => byOid.get(oid)?.[column] === value);
  return [
    grantable('DATABASE_READ_DENIED', 'blocker', where('reads', 'f'), 'may not be read', 'SELECT', user),
    hidden(where('hides', 't'), user),
    isLive ? notOwned(where('owns', 'f'), user) : null,
    isLive
      ? grantable(
          'DATABASE_LOCK_DENIED',
          'warning',
          where('locks', 'f'),
          'may not be locked against writers at the cutover, so that nothing wrote is observed and not proved',
          'UPDATE',
          user,
        )
      : null,
  ].filter((finding) => finding !== null);
}

export async function sequenceRightFindings(
  session: PgSession,
  sequences: readonly Sequence[],
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const rows = await session.query(
    `SELECT v->>0 AS schema, v->>1 AS name FROM json_array_elements($1::json) v JOIN pg_namespace n ON n.nspname = v->>0
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = v->>1 AND c.relkind = 'S' WHERE NOT has_sequence_privilege(c.oid, 'SELECT')`,
    [JSON.stringify(sequences.map(({ schema, name }) => [schema, name]))],
    signal,
  );
  if (rows.length === 0) return [];
  const user = (await session.query('SELECT current_user AS user', undefined, signal))[0]?.['user'] ?? '';
  const names = rows.map((row) => ({ schema: row['schema'] ?? '', table: row['name'] ?? '' }));
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_SEQUENCE_READ_DENIED',
      subject: 'source',
      message: `${rows.length} sequences may not be read (${named(names)}).`,
      hint: 'Give the role the right to read them, as their owner or an administrator.',
      fix: {
        statements: names.map((name) => `GRANT SELECT ON SEQUENCE ${qualified(name)} TO ${quoteName(user)}`),
        isSafe: true,
        needsRestart: false,
      },
    },
  ];
}

/** Conditions of the scope, by really asking the server. */
export async function rowFilterFindings(
  session: PgSession,
  tables: readonly Table[],
  rows: readonly { table: string; where: string }[],
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const findings: PairFinding[] = [];
  for (const { table: name, where } of rows) {
    const table = tables.find(({ schema, table }) => `${schema}.${table}` === name);
    const problem = table
      ? await refusal(session, `SELECT FROM ONLY ${qualified(table)} WHERE (${where}\n) LIMIT 0`, signal)
      : 'there is no such table in the scope';
    if (problem === null) continue;
    findings.push({
      severity: 'blocker',
      code: 'DATABASE_ROW_FILTER',
      subject: 'source',
      message: `The condition for rows of "${name}" cannot be used: ${problem}`,
      hint: 'Write it as after WHERE, over the table’s own columns, without a semicolon.',
    });
  }
  return findings;
}

async function refusal(session: PgSession, sql: string, signal: AbortSignal): Promise<string | null> {
  try {
    // With parameters, so that the server takes one statement only.
    await session.transaction(() => session.query(sql, [], signal), 'BEGIN READ ONLY');
    return null;
  } catch (error) {
    if (error instanceof SmartantError && error.details['sqlState']) return error.message;
    throw error;
  }
}

function grantable(
  code: string,
  severity: 'blocker' | 'warning',
  tables: Table[],
  what: string,
  right: string,
  user: string,
): PairFinding | null {
  if (tables.length === 0) return null;
  const schemas = [...new Set(tables.map(({ schema }) => schema))];
  const statements = [
    ...(right === 'SELECT' ? schemas.map((schema) => `GRANT USAGE ON SCHEMA ${quoteName(schema)} TO ${user}`) : []),
    ...tables.map((table) => `GRANT ${right} ON ${qualified(table)} TO ${user}`),
  ];
  return {
    severity,
    code,
    subject: 'source',
    message: `${tables.length} tables ${what} (${named(tables)}).`,
    hint: 'Give the role the right, as the tables’ owner or an administrator.',
    fix: { statements, isSafe: true, needsRestart: false },
  };
}

function hidden(tables: Table[], user: string): PairFinding | null {
  if (tables.length === 0) return null;
  return {
    severity: 'blocker',
    code: 'DATABASE_ROW_SECURITY',
    subject: 'source',
    message: `Row security hides rows of ${tables.length} tables from the role (${named(tables)}): they would be missing at the target.`,
    hint: 'An administrator lets the role pass by row security.',
    fix: { statements: [`ALTER ROLE ${user} BYPASSRLS`], isSafe: false, needsRestart: false },
  };
}

function notOwned(tables: Table[], user: string): PairFinding | null {
  if (tables.length === 0) return null;
  return {
    severity: 'blocker',
    code: 'DATABASE_PUBLICATION_DENIED',
    subject: 'source',
    message: `The role does not own ${tables.length} tables (${named(tables)}) and so may not publish their changes.`,
    hint: `Grant it the owner’s role: GRANT <owner> TO ${user}; or migrate one snapshot (--snapshot-only).`,
  };
}
