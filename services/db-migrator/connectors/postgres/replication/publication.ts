import { SmartantError } from '@smartant/kernel';
import { keyOf, qualified, quoteName, type Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';

export interface PublishedTable {
  table: Table;
  /** Only these rows; of servers from 15 on. */
  where?: string;
}

export interface PublicationRequest {
  name: string;
  tables: readonly PublishedTable[];
  /**
   * Tables that name no old rows. The server would refuse the application's own updates of such a table if they were published.
   * `refuse` raises; `inserts` publishes their inserts and truncations alone, in a second publication: for tables that are only added to.
   */
  identityless?: 'refuse' | 'inserts';
}

const ROOTS_FROM = 130_000;
const FILTERS_FROM = 150_000;

/**
 * Makes the publication of the tables, or brings the one that there is to just these; resolves with the names to stream from.
 *
 * Changes of partitions are told as those of the partition that holds the row (`publish_via_partition_root = false`): the target has the
 * same partitions, a row goes where it was, and a truncation of one stays one. From 13 on the root is what is published, so that partitions
 * attached later are in; at 12, and where rows are filtered, each partition is. Unlogged and foreign tables have no log and are left out.
 */
export async function createPublication(session: PgSession, request: PublicationRequest, signal?: AbortSignal): Promise<string[]> {
  const logged = request.tables.filter(({ table }) => !table.isUnlogged && table.kind !== 'f');
  refuseFilters(session, logged);
  const nameless = logged.filter(({ table }) => table.kind === 'r' && table.identityColumns.length === 0);
  if (nameless.length > 0 && request.identityless !== 'inserts') throw noIdentity(nameless.map(({ table }) => table));
  const inserts = `${request.name}_inserts`;
  await publish(session, request.name, targetsOf(session, logged, nameless), 'insert, update, delete, truncate', signal);
  if (nameless.length === 0) {
    await dropPublication(session, inserts, signal);
    return [request.name];
  }
  const alone = nameless.map(({ table, where }) => target(table, where));
  await publish(session, inserts, alone, 'insert, truncate', signal);
  return [request.name, inserts];
}

/** Nothing when there is none. */
export async function dropPublication(session: PgSession, name: string, signal?: AbortSignal): Promise<void> {
  await session.query(`DROP PUBLICATION IF EXISTS ${quoteName(name)}`, undefined, signal);
}

async function publish(session: PgSession, name: string, targets: string[], operations: string, signal?: AbortSignal): Promise<void> {
  const found = await session.query('SELECT FROM pg_publication WHERE pubname = $1', [name], signal);
  const root = session.serverVersion >= ROOTS_FROM ? ', publish_via_partition_root = false' : '';
  if (found.length === 0) {
    const tables = targets.length > 0 ? ` FOR TABLE ${targets.join(', ')}` : '';
    await session.query(`CREATE PUBLICATION ${quoteName(name)}${tables} WITH (publish = '${operations}'${root})`, undefined, signal);
  } else if (targets.length > 0) {
    await session.query(`ALTER PUBLICATION ${quoteName(name)} SET TABLE ${targets.join(', ')}`, undefined, signal);
  } else {
    await dropPublication(session, name, signal);
    await publish(session, name, targets, operations, signal);
  }
}

function targetsOf(session: PgSession, tables: readonly PublishedTable[], left: readonly PublishedTable[]): string[] {
  const filtered = new Set(tables.filter(({ where }) => where !== undefined).map(({ table }) => keyOf(table.root ?? table)));
  const apart = new Set(left.map(({ table }) => keyOf(table.root ?? table)));
  // A root takes all its partitions with it, so it is not named where one of them needs a word of its own.
  const whole = new Set(
    session.serverVersion < ROOTS_FROM
      ? []
      : tables
          .filter(({ table }) => table.kind === 'p' && table.root === null)
          .map(({ table }) => keyOf(table))
          .filter((key) => !filtered.has(key) && !apart.has(key)),
  );
  return tables
    .filter((each) => !left.includes(each))
    .filter(({ table }) => (table.kind === 'p' ? whole.has(keyOf(table)) : !(table.root && whole.has(keyOf(table.root)))))
    .map(({ table, where }) => target(table, where));
}

function target(table: Table, where: string | undefined): string {
  const only = table.kind === 'r' ? 'ONLY ' : '';
  return `${only}${qualified(table)}${where === undefined ? '' : ` WHERE (${where}\n)`}`;
}

function refuseFilters(session: PgSession, tables: readonly PublishedTable[]): void {
  const filtered = tables.find(({ where }) => where !== undefined);
  if (!filtered || session.serverVersion >= FILTERS_FROM) return;
  throw new SmartantError('DATABASE_ROW_FILTER_UNSUPPORTED', `Rows of ${nameOf(filtered.table)} cannot be chosen while changes flow.`, {
    kind: 'precondition',
    hint: 'The source has to be PostgreSQL 15 or newer for that; migrate the whole table, or with mode "snapshot".',
  });
}

function noIdentity(tables: Table[]): SmartantError {
  const some = tables.slice(0, 10).map(nameOf).join(', ');
  const more = tables.length > 10 ? ` and ${tables.length - 10} more` : '';
  return new SmartantError('DATABASE_TABLE_WITHOUT_IDENTITY', `Updates and deletes of ${some}${more} name no row.`, {
    kind: 'precondition',
    hint: 'Give each a primary key, or set REPLICA IDENTITY FULL or USING INDEX.',
  });
}
