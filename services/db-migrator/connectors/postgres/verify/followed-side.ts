import { SmartantError } from '@smartant/kernel';
import type { Admit } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { createSlot } from '../replication/slot';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { allSettledOrFirst, digestOf, digestTables, type TableDigest, type UnreadableTable } from './digest-tables';
import { KeyWatch } from './key-watch';
import { countSql, digestSql, type RowForm, type RowsQuery } from './row-digest';
import { keyCondition } from './row-keys';
import { openSnapshotSessions, type SnapshotSessions } from './snapshot-sessions';
import { readPrints } from './table-prints';

export interface FollowedSideOptions {
  endpoint: PgEndpoint;
  migrationId: string;
  /** Of the temporary slot; another one for each side of one server. */
  slot: string;
  publications: readonly string[];
  /** Of this side. */
  tables: readonly Table[];
  jobs: number;
  seed: string;
  admit?: Admit;
  beforePart?: (signal: AbortSignal) => Promise<void>;
  onPart?: (rows: number, bytes: number) => void;
  signal: AbortSignal;
}

/** What is to be hashed of a table of this side. */
export interface SideTask {
  table: Table;
  query: RowsQuery;
  form: RowForm;
}

/** Keys of rows by their table ("schema.table" of this side). */
export type KeySets = ReadonlyMap<string, ReadonlySet<string>>;

/** One moment of the side, and what has changed since. */
interface Base {
  snapshot: SnapshotSessions;
  watch: KeyWatch;
  prints: Map<string, string>;
  position: string;
}

/** A server that is busy begins a slot once the transactions are over that write at this moment. */
const SLOT_PATIENCE_MS = 60_000;

/**
 * Digests of one side's tables at a moment, which are brought to a later one by the rows that changed in between: `digest(then) = digest(before) -
 * the rows under the changed keys before + the rows under them then`. The moment is the snapshot of a slot, and the changes are what that slot
 * tells after it, whoever made them. Exact, as long as `readPrints` says that nothing else can have changed the table.
 */
export class FollowedSide {
  private readonly digests = new Map<string, { form: RowForm; digest: TableDigest }>();

  private constructor(
    private readonly options: FollowedSideOptions,
    private readonly control: PgSession,
    private base: Base,
  ) {}

  static async begin(options: FollowedSideOptions): Promise<FollowedSide> {
    const control = await options.endpoint.open({ applicationName: nameFor(options), signal: options.signal });
    try {
      return new FollowedSide(options, control, await takeBase(options));
    } catch (error) {
      await control.close();
      throw error;
    }
  }

  /** Changes of the table are told, and rows of it have a name. */
  isFollowed(table: Table): boolean {
    return keyOf(table).length > 0 && this.base.prints.has(nameOf(table));
  }

  /** Hashes tables as they were at the base. A table that cannot be read is left out. */
  async digest(tasks: readonly SideTask[]): Promise<void> {
    const { seed, admit, beforePart, onPart, signal } = this.options;
    const unreadable: UnreadableTable[] = [];
    const { sessions } = this.base.snapshot;
    const onUnreadable = (one: UnreadableTable) => void unreadable.push(one);
    const digests = await digestTables(tasks, { sessions, seed, admit, beforePart, onPart, onUnreadable, signal });
    tasks.forEach(({ table, form }, index) => {
      const digest = digests[index];
      if (digest) this.digests.set(nameOf(table), { form, digest });
      else this.digests.delete(nameOf(table));
    });
  }

  /** Of the base; undefined: the table is not followed (any more). */
  digestOf(table: Table): { form: RowForm; digest: TableDigest } | undefined {
    return this.digests.get(nameOf(table));
  }

  /** Resolves once everything that is committed now was read by the watch. */
  async catchUp(): Promise<void> {
    await this.base.watch.passed(await this.mark(), this.options.signal);
  }

  /** Where the base is in this side's log: everything before it is in the base, all else in what has changed since. */
  get position(): string {
    return this.base.position;
  }

  /** Keys of rows that have changed since the base; null: not all of them are known. */
  changed(table: Table): ReadonlySet<string> | null {
    return this.base.watch.keys(nameOf(table));
  }

  get changedRows(): number {
    return this.base.watch.size;
  }

  /** Of the rows under some keys at the base. */
  under({ table, query, form }: SideTask, keys: ReadonlySet<string>): Promise<TableDigest | undefined> {
    return digestUnder(this.base.snapshot.sessions[0]!, { table, query, form }, keys, this.options);
  }

  /** Takes a new base, so that fewer rows have changed since. */
  async advance(tasks: readonly SideTask[]): Promise<void> {
    const next = await takeBase(this.options);
    const before = this.base;
    try {
      await this.carry(tasks, next.snapshot.sessions, next.prints);
    } catch (error) {
      // Of no moment at all: some are of the old base and some of the new one.
      this.digests.clear();
      throw error;
    } finally {
      this.base = next;
      await closeBase(before);
    }
  }

  /**
   * Brings digests to the moment that `sessions` see, which is not before the base; a table for which that cannot be done has none from then on.
   * Raises what ended the watch.
   */
  async carry(tasks: readonly SideTask[], sessions: readonly PgSession[], known?: Map<string, string>): Promise<void> {
    const { publications, signal } = this.options;
    // After the snapshot was taken: everything that it shows is read then.
    await this.catchUp();
    const prints = known ?? (await readPrints(sessions[0]!, tablesOf(tasks), publications, signal));
    let next = 0;
    const work = async (then: PgSession, before: PgSession) => {
      for (let task = tasks[next++]; task; task = tasks[next++]) await this.carryOne(task, then, before, prints);
    };
    const pairs = Math.min(sessions.length, this.base.snapshot.sessions.length);
    await allSettledOrFirst(Array.from({ length: pairs }, (_, at) => work(sessions[at]!, this.base.snapshot.sessions[at]!)));
  }

  async close(): Promise<void> {
    await closeBase(this.base);
    await this.control.close();
  }

  private async carryOne(task: SideTask, then: PgSession, before: PgSession, prints: Map<string, string>): Promise<void> {
    const name = nameOf(task.table);
    const known = this.digests.get(name);
    const keys = this.changed(task.table);
    if (!known) return;
    if (keys === null || prints.get(name) !== this.base.prints.get(name)) return void this.digests.delete(name);
    if (keys.size === 0) return;
    const asked = { ...task, form: known.form };
    const [gone, come] = await allSettledOrFirst([
      digestUnder(before, asked, keys, this.options),
      digestUnder(then, asked, keys, this.options),
    ]);
    if (!gone || !come) return void this.digests.delete(name);
    this.digests.set(name, { form: known.form, digest: add(subtract(known.digest, gone), come) });
  }

  /** A position after everything that was committed, up to which the log is on the disk. */
  private async mark(): Promise<string> {
    const { control } = this;
    const { signal, migrationId } = this.options;
    await control.transaction(async () => {
      await control.query('SET LOCAL synchronous_commit = local', undefined, signal);
      await control.query(`SELECT pg_logical_emit_message(true, 'smartant', $1)`, [`compared ${migrationId}`], signal);
    }, 'BEGIN READ WRITE');
    const [row] = await control.query('SELECT pg_current_wal_flush_lsn() AS lsn', undefined, signal);
    return row?.['lsn'] ?? '0/0';
  }
}

async function takeBase(options: FollowedSideOptions): Promise<Base> {
  const { endpoint, publications, tables, jobs, signal } = options;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(SLOT_PATIENCE_MS)]);
  const created = await createSlot(endpoint, { name: `${options.slot}_${(slots += 1)}`, temporary: true, signal: patience }).catch(
    (error: unknown) => {
      throw patience.aborted && !signal.aborted ? slotTimeout() : error;
    },
  );
  let snapshot: SnapshotSessions | undefined;
  try {
    snapshot = await openSnapshotSessions(endpoint, jobs, nameFor(options), signal, created.snapshotName);
    const prints = await readPrints(snapshot.sessions[0]!, tables, publications, signal);
    const keysOf = new Map(tables.map((table) => [nameOf(table), keyOf(table)] as const).filter(([, key]) => key.length > 0));
    const position = created.slot.consistentPoint;
    return { snapshot, prints, position, watch: new KeyWatch({ created, publications, label: endpoint.label, keysOf }) };
  } catch (error) {
    await snapshot?.close();
    created.session.destroy();
    throw error;
  }
}

/** Two of one side may be there at once. */
let slots = 0;

async function closeBase({ snapshot, watch }: Base): Promise<void> {
  watch.close();
  await snapshot.close();
}

/** All rows under the keys in one question: two texts may be one key. Undefined: the server could not say. */
async function digestUnder(
  session: PgSession,
  { table, query, form }: SideTask,
  keys: ReadonlySet<string>,
  { seed, signal }: FollowedSideOptions,
): Promise<TableDigest | undefined> {
  if (keys.size === 0) return NOTHING;
  const keyed = keyCondition(table, keyOf(table));
  const asked = { ...query, where: query.where === undefined ? keyed : `${keyed} AND (${query.where}\n)` };
  const sql = form === 'count' ? countSql(asked) : digestSql(asked, seed);
  await session.query('SAVEPOINT looked', undefined, signal);
  try {
    const [row] = await session.query(sql, [`[${[...keys].join(',')}]`], signal);
    await session.query('ROLLBACK TO looked', undefined, signal);
    return digestOf(row ?? {});
  } catch (error) {
    const isOfTable = error instanceof SmartantError && error.details['sqlState'] !== undefined && !error.retryable;
    if (!isOfTable) throw error;
    await session.query('ROLLBACK TO looked', undefined, signal);
    return undefined;
  }
}

const NOTHING: TableDigest = { rows: 0n, sum: 0n, bytes: 0n };

export function subtract(one: TableDigest, other: TableDigest): TableDigest {
  return { rows: one.rows - other.rows, sum: one.sum - other.sum, bytes: one.bytes - other.bytes };
}

function add(one: TableDigest, other: TableDigest): TableDigest {
  return { rows: one.rows + other.rows, sum: one.sum + other.sum, bytes: one.bytes + other.bytes };
}

/** Columns that name one row, and are told of each row that changes. */
export function keyOf({ primaryKey, replicaIdentity, identityColumns }: Table): readonly string[] {
  if (replicaIdentity === 'i') return identityColumns;
  return replicaIdentity === 'n' ? [] : primaryKey;
}

function tablesOf(tasks: readonly SideTask[]): Table[] {
  return tasks.map(({ table }) => table);
}

function nameFor({ migrationId }: FollowedSideOptions): string {
  return `smartant verify ${migrationId}`;
}

function slotTimeout(): SmartantError {
  return new SmartantError('DATABASE_BUSY', 'Transactions that were open did not end in time for another replication slot to begin.', {
    kind: 'timeout',
    hint: 'End transactions that have been open for long.',
  });
}
