import { SmartantError } from '@smartant/kernel';
import type { Estimate } from '../../../application/ports/database-engine';
import type { DatabaseScope } from '../../../domain/database-scope';
import { LONGEST_NAME_BYTES, type Catalog, type Sequence, type Table, type TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { columnFindings, unusedColumnChoices } from './column-rules';
import { liveFindings } from './live-rules';
import type { PairFinding, Side } from './pair-finding';
import { pairFindings } from './pair-rules';
import { readServerFacts, type ServerFacts } from './server-facts';
import { capacityFindings, sourceFindings, targetFindings } from './server-rules';
import { streamedFilterFindings } from './streamed-filters';
import { rowFilterFindings, sequenceRightFindings, tableRightFindings } from './table-rights';
import { identityFindings, named, tableFindings } from './table-rules';
import { targetTablespaceFindings, unmappedTablespaceFindings, unusedTablespaces, usedTablespaces } from './tablespace-rules';
import { unmatchedFindings } from './unmatched-filters';

export interface PrecheckOptions {
  source: PgEndpoint;
  target: PgEndpoint;
  scope: DatabaseScope;
  /** What of the source the scope takes. */
  select: (catalog: Catalog) => { tables: Table[]; sequences: Sequence[] };
  targetName: (name: TableName) => TableName;
  signal: AbortSignal;
}

/** Sessions beside those that copy: the stream, its applier, watching, pg_dump. */
const MORE_CONNECTIONS = 6;
const DEFAULT_JOBS = 4;

/**
 * Asks both databases for all that a migration needs of them; changes nothing at either. In mode `snapshot` what only a stream needs is left out. An
 * end that cannot be reached or signed in to is a finding, and the other one is still asked.
 */
export async function precheckPair(options: PrecheckOptions): Promise<{ findings: PairFinding[]; estimate: Estimate }> {
  const findings: PairFinding[] = [];
  const source = await enter(options.source, 'source', options, findings);
  const target = await enter(options.target, 'target', options, findings);
  let estimate: Estimate = { tables: 0, rows: 0, bytes: 0 };
  try {
    if (source) estimate = await checkSource(source, options, findings);
    if (target) await checkTarget(target, options, findings, estimate.tables);
    if (source && target) {
      findings.push(...(await sameDatabase(source, target, options.signal)));
      findings.push(...pairFindings({ source: source.facts, target: target.facts, scope: options.scope }));
    }
  } finally {
    await source?.session.close();
    await target?.session.close();
  }
  return { findings, estimate };
}

interface Entered {
  session: PgSession;
  facts: ServerFacts;
}

async function enter(
  endpoint: PgEndpoint,
  subject: Side,
  { signal, scope }: PrecheckOptions,
  findings: PairFinding[],
): Promise<Entered | null> {
  let session: PgSession | undefined;
  try {
    session = await endpoint.open({ applicationName: 'smartant precheck', signal });
    findings.push(...(await poolerFindings(session, subject, signal)));
    const facts = await readServerFacts(session, signal);
    if (scope.mode === 'live' && (subject === 'source' || scope.reverse)) {
      findings.push(...liveFindings(facts, subject), ...(facts.mayReplicate ? await protocolFindings(endpoint, subject, signal) : []));
    }
    return { session, facts };
  } catch (error) {
    await session?.close();
    signal.throwIfAborted();
    if (!(error instanceof SmartantError)) throw error;
    findings.push(unusable(error, subject));
    return null;
  }
}

async function checkSource({ session, facts }: Entered, options: PrecheckOptions, findings: PairFinding[]): Promise<Estimate> {
  const { scope, signal } = options;
  const isLive = scope.mode === 'live';
  const catalog = await readCatalog(session, signal);
  const { tables, sequences } = options.select(catalog);
  const placed = await usedTablespaces(session, tables, scope, signal);
  findings.push(
    ...sourceFindings(facts, scope, isLive),
    ...capacityFindings(facts, 'source', needs(scope, tables.length)),
    ...tableFindings({ tables }, isLive),
    ...(isLive ? await identityFindings(session, tables, 'source', signal) : []),
    ...(await tableRightFindings(session, tables, isLive, signal)),
    ...(await sequenceRightFindings(session, sequences, signal)),
    ...(await rowFilterFindings(session, tables, scope.rows, signal)),
    ...(isLive ? await streamedFilterFindings(session, tables, scope.rows, signal) : []),
    ...unmappedTablespaceFindings(placed, scope),
    ...(await columnFindings(session, catalog.tables, tables, scope, signal)),
    ...(await unmatchedFindings(
      session,
      scope,
      [...unusedTablespaces(placed, scope), ...unusedColumnChoices(scope, catalog.tables, tables)],
      signal,
    )),
    ...nameFindings([...tables, ...sequences.map(({ schema, name }) => ({ schema, table: name }))], options.targetName),
  );
  if (tables.length === 0) findings.push(nothing(hasFilters(scope)));
  const held = tables.filter(({ kind }) => kind === 'r');
  return {
    tables: held.length,
    rows: held.reduce((sum, { estimatedRows }) => sum + Math.max(0, estimatedRows), 0),
    bytes: held.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function checkTarget(
  { session, facts }: Entered,
  { scope, signal }: PrecheckOptions,
  findings: PairFinding[],
  tables: number,
): Promise<void> {
  findings.push(
    ...targetFindings(facts, scope.mode === 'live'),
    ...capacityFindings(facts, 'target', needs(scope, tables)),
    ...(await targetTablespaceFindings(session, scope, signal)),
  );
}

function needs(scope: DatabaseScope, tables: number): { connections: number; tables: number } {
  return { connections: (scope.tableJobs || DEFAULT_JOBS) + MORE_CONNECTIONS, tables };
}

/** A pooler hands out process numbers of its own. */
async function poolerFindings(session: PgSession, subject: Side, signal: AbortSignal): Promise<PairFinding[]> {
  const [row] = await session.query('SELECT pg_backend_pid() AS pid', undefined, signal);
  if (Number(row?.['pid']) === session.backendPid) return [];
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_POOLER',
      subject,
      message:
        'A connection pooler (for example pgBouncer) is between us and the server: snapshots, settings and locks of a session would be lost or given to others.',
      hint: 'Register the server’s own address and port.',
    },
  ];
}

/** Whether replication connections are let in is up to pg_hba.conf and to what is in between: only trying tells. */
async function protocolFindings(endpoint: PgEndpoint, subject: Side, signal: AbortSignal): Promise<PairFinding[]> {
  try {
    const session = await endpoint.open({ applicationName: 'smartant precheck', replication: true, signal });
    await session.query('IDENTIFY_SYSTEM').finally(() => session.close());
    return [];
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SmartantError)) throw error;
    return [
      {
        severity: 'blocker',
        code: 'DATABASE_REPLICATION_REFUSED',
        subject,
        message: `A replication connection was refused: ${error.message}`,
        hint: 'Allow it in pg_hba.conf for this address, and connect to the server itself, not to a pooler.',
      },
    ];
  }
}

/**
 * A copy of a server's files (a restored backup, a promoted standby) has its identifier and its databases' numbers, so equal ones are only a
 * suspicion: a lock that is taken at one end and seen at the other is proof.
 */
async function sameDatabase(source: Entered, target: Entered, signal: AbortSignal): Promise<PairFinding[]> {
  const [from, to] = [source.facts, target.facts];
  const isSuspect = from.systemIdentifier === to.systemIdentifier && from.databaseOid === to.databaseOid;
  if (!isSuspect || from.isInRecovery !== to.isInRecovery) return [];
  const lock = String(BigInt.asIntN(63, BigInt(`0x${crypto.randomUUID().replaceAll('-', '').slice(0, 15)}`)));
  await source.session.query('SELECT pg_advisory_lock($1)', [lock], signal);
  const [row] = await target.session.query('SELECT pg_try_advisory_lock($1) AS took', [lock], signal);
  if (row?.['took'] === 't') return [];
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_SAME_ENDPOINTS',
      subject: 'both',
      message: `Source and target are the same database "${from.database}" of the same server.`,
      hint: 'Choose another target.',
    },
  ];
}

function nameFindings(names: readonly TableName[], targetName: (name: TableName) => TableName): PairFinding[] {
  const tooLong = names
    .map((name) => ({ schema: name.schema, table: name.table, renamed: targetName(name) }))
    .filter(
      ({ renamed }) => Buffer.byteLength(renamed.table) > LONGEST_NAME_BYTES || Buffer.byteLength(renamed.schema) > LONGEST_NAME_BYTES,
    );
  if (tooLong.length === 0) return [];
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_NAME_TOO_LONG',
      subject: 'target',
      message: `${tooLong.length} names are longer than ${LONGEST_NAME_BYTES} bytes after the rename (${named(tooLong)}).`,
      hint: 'Shorten the new names: PostgreSQL cuts longer ones off, and two could meet.',
    },
  ];
}

/** A mistyped filter would move nothing and prove it. */
function nothing(isFiltered: boolean): PairFinding {
  return {
    severity: isFiltered ? 'blocker' : 'warning',
    code: 'DATABASE_SCOPE_EMPTY',
    subject: 'source',
    message: 'No table is in the scope.',
    hint: 'Look at the filters; names are matched as they are written in the catalogue, as "schema.table".',
  };
}

function hasFilters({ includeSchemas, excludeSchemas, includeTables, excludeTables }: DatabaseScope): boolean {
  return [includeSchemas, excludeSchemas, includeTables, excludeTables].some((globs) => globs.length > 0);
}

function unusable(error: SmartantError, subject: Side): PairFinding {
  return {
    severity: 'blocker',
    code: error.code,
    subject,
    message: error.message,
    hint: error.hint ?? 'Check address, database, role and password of the endpoint.',
  };
}
