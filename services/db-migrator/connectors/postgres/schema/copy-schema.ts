import { SmartantError } from '@smartant/kernel';
import type { Finding } from '../../../application/ports/database-engine';
import { quoteName, type TableName } from '../catalog/catalog';
import { importSnapshotSql, snapshotRefused } from '../session/import-snapshot';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { columnRenamesOf } from './change-columns';
import { EntryChoice } from './choose-entries';
import { dropExisting, keptTableProblem, refuseExisting } from './clear-target';
import { describeEntry } from './entry-statement';
import { tablespaceOf } from './entry-tablespace';
import { findingOfLeftOut, findingOfRefusal, isFatal } from './entry-findings';
import type { PostgresTools } from './find-postgres-tools';
import { firingTriggers } from './firing-triggers';
import { holdSchema, type SchemaHolder } from './hold-schema';
import { objectsOfColumns } from './objects-of-columns';
import { readArchive } from './read-archive';
import { relationsOfSource } from './relations-of-source';
import { renameRestoredTables } from './rename-restored-tables';
import { restoreEntry, type Renaming } from './restore-entry';
import { restoreRoles } from './restore-roles';
import { runPgDump } from './run-pg-dump';
import { keyOf, type SchemaScope } from './schema-scope';
import type { EntryRecord, SchemaRecord, SchemaStep } from './schema-record';
import { changedNames, findingOfMentions } from './tell-mentions';

export interface CopySchemaOptions extends SchemaHolder {
  source: PgEndpoint;
  scope: SchemaScope;
  targetName: (name: TableName) => TableName;
  tools: PostgresTools;
  /** Of pg_export_snapshot or a new slot: the schema is the one that the rows are of. Without one, a snapshot of now. */
  snapshot?: string;
  onFinding: (finding: Finding) => void;
}

export interface CopiedSchema {
  made: number;
  /** The target had one already. */
  kept: number;
  refused: number;
}

/**
 * Makes at the target what has to be there before rows are: schemas, extensions, types, tables, sequences, functions, views. Indexes, keys,
 * triggers and rights to read tables follow after the copy (`restoreConstraints`), by the same dump. Each object is made in a transaction that
 * also remembers it, so this can be called again after a crash anywhere.
 *
 * What the target refuses is a finding; when that is something without which rows have no place (a table, a type), SCHEMA_OBJECT_REFUSED is
 * raised at the end. Raises POSTGRES_DUMP_FAILED, DATABASE_SNAPSHOT_LOST, SCHEMA_TABLES_EXIST, SCHEMA_OBJECT_IN_USE, SCHEMA_NAME_TOO_LONG,
 * DATABASE_EPOCH_STALE, SCHEMA_COPY_BUSY.
 */
export async function copySchema(options: CopySchemaOptions): Promise<CopiedSchema> {
  refuseLongNames(options);
  return holdSchema(options, async ({ session, record, step }) => {
    const copy = new SchemaCopy(options, session, record);
    return copy.run(step);
  });
}

class SchemaCopy {
  private readonly renaming: Renaming;

  constructor(
    private readonly options: CopySchemaOptions,
    private readonly session: PgSession,
    private readonly record: SchemaRecord,
  ) {
    this.renaming = renamingOf(options);
  }

  async run(from: SchemaStep): Promise<CopiedSchema> {
    const { signal } = this.options;
    if (from === 'new') await this.dump();
    const entries = await this.record.entries(this.session, 'pre', signal);
    if (from === 'new' || from === 'dumped') await this.clear(entries);
    if (from !== 'restored' && from !== 'built') {
      await this.record.retryRefused(this.session);
      for (const { kind, state, schema, tag } of entries)
        if (kind === 'TABLE' && state === 'kept') this.renaming.settled.add(keyOf({ schema, table: tag }));
      await this.restore(await this.record.entries(this.session, 'pre', signal));
    }
    return countsOf(await this.record.entries(this.session, 'pre', signal));
  }

  /** All of the dump is stored in one transaction, so that what is there is whole. */
  private async dump(): Promise<void> {
    const { source, scope, signal } = this.options;
    const reader = await source.open({ applicationName: `smartant schema ${this.options.migrationId}`, signal });
    try {
      await reader.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
      const snapshot = await this.takeSnapshot(reader);
      const { relationOf, tables, tablespace } = await relationsOfSource(reader, signal);
      // Before the dump is on record, because a call after a crash may find it there and not come here again.
      if (scope.roles) await restoreRoles(reader, this.session, this.options.onFinding, signal);
      for (const finding of await firingTriggers(reader, scope, signal)) this.options.onFinding(finding);
      const choice = new EntryChoice(scope, relationOf, tables, await objectsOfColumns(reader, scope.tables, signal));
      await this.session.transaction(async () => {
        await runPgDump(this.options.tools, source, { snapshot, signal }, (chunks) =>
          this.record.store(this.session, chosen(chunks, choice, tablespace)),
        );
        await this.record.setStep(this.session, 'dumped');
      });
    } finally {
      await reader.close();
    }
  }

  private async takeSnapshot(reader: PgSession): Promise<string> {
    const { snapshot } = this.options;
    if (snapshot === undefined) return (await reader.query('SELECT pg_export_snapshot() AS name'))[0]?.['name'] ?? '';
    await reader.query(importSnapshotSql(snapshot)).catch(snapshotRefused);
    return snapshot;
  }

  private async clear(entries: EntryRecord[]): Promise<void> {
    const { scope, targetName, signal } = this.options;
    if (scope.targetPolicy === 'refuse') await refuseExisting(this.session, scope.tables.map(targetName), signal);
    if (scope.targetPolicy !== 'replace') return this.record.setStep(this.session, 'cleared');
    const all = [...entries, ...(await this.record.entries(this.session, 'post', signal))];
    return dropExisting(this.session, this.record, all, this.renaming, signal);
  }

  private async restore(entries: EntryRecord[]): Promise<void> {
    const { signal, scope } = this.options;
    await this.makeSchemas(entries);
    const how = { renaming: this.renaming, owners: scope.roles, keepsExisting: scope.targetPolicy === 'append' };
    const fatal: string[] = [];
    for await (const entry of this.record.withStatements(this.session, rightsLast(entries))) {
      const leftOut = findingOfLeftOut(entry);
      if (leftOut) this.options.onFinding(leftOut);
      if (entry.state !== 'pending') continue;
      await this.tellMentions(entry);
      const restored = await restoreEntry(this.session, this.record, entry, how, signal);
      if (restored.state === 'kept') await this.checkKept(entry, fatal);
      if (restored.state !== 'refused') continue;
      this.options.onFinding(findingOfRefusal(entry, restored));
      if (isFatal(entry)) fatal.push(describeEntry(entry));
    }
    if (fatal.length > 0) throw refusedObjects(fatal);
    const options = { ...this.options, renaming: this.renaming };
    await renameRestoredTables(this.session, this.record, options, await this.record.entries(this.session, 'pre', signal));
  }

  /** A schema that the server makes by itself, as public, is in no dump; under another name it is nowhere yet. */
  private async makeSchemas(entries: EntryRecord[]): Promise<void> {
    const inDump = new Set(entries.filter(({ kind }) => kind === 'SCHEMA').map(({ tag }) => tag));
    const needed = new Set(
      entries.filter(({ state, schema }) => state === 'pending' && schema !== '' && !inDump.has(schema)).map(({ schema }) => schema),
    );
    for (const schema of needed) {
      const name = this.renaming.schemas.get(schema) ?? schema;
      await this.session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(name)}`, undefined, this.options.signal);
    }
  }

  private async checkKept(entry: EntryRecord, fatal: string[]): Promise<void> {
    const table = this.options.scope.tables.find(
      (each) => entry.kind === 'TABLE' && each.schema === entry.schema && each.table === entry.tag,
    );
    if (!table) return;
    this.renaming.settled.add(keyOf(table));
    const problem = await keptTableProblem(this.session, table, this.options.targetName(table), this.options.signal);
    if (problem === null) return;
    fatal.push(describeEntry(entry));
    this.options.onFinding({
      severity: 'blocker',
      code: 'SCHEMA_TABLE_DIFFERS',
      subject: 'target',
      message: `The target's table ${entry.schema}.${entry.tag} cannot take the source's rows: ${problem}.`,
      hint: 'Alter or drop it at the target, rename the table in the scope, or choose the target policy replace.',
    });
  }

  private async tellMentions(entry: EntryRecord): Promise<void> {
    const names = changedNames(this.renaming, this.options.scope.tables);
    if (names.length === 0) return;
    const finding = findingOfMentions(entry, (await this.record.statements(this.session, entry.id)).statement, names);
    if (finding) this.options.onFinding(finding);
  }
}

async function* chosen(chunks: AsyncIterable<Buffer>, choice: EntryChoice, tablespace: string) {
  for await (const entry of readArchive(chunks)) {
    const taken = choice.take(entry);
    if (taken) yield { ...taken, tablespace: tablespaceOf(taken, tablespace) };
  }
}

/** Rights after everything they are given on: a right may be on a part of an object that comes later. */
function rightsLast(entries: EntryRecord[]): EntryRecord[] {
  const isRight = ({ kind }: EntryRecord) => kind === 'ACL' || kind === 'DEFAULT ACL';
  return [...entries.filter((entry) => !isRight(entry)), ...entries.filter(isRight)];
}

const NAME_BYTES = 63;

/** The server would cut a longer name off without a word. */
function refuseLongNames({ scope, targetName }: CopySchemaOptions): void {
  const names = scope.tables.map(targetName).flatMap(({ schema, table }) => [schema, table]);
  const long = names.find((name) => Buffer.byteLength(name) > NAME_BYTES);
  if (long === undefined) return;
  throw new SmartantError('SCHEMA_NAME_TOO_LONG', `"${long}" is no name for the target: it has ${Buffer.byteLength(long)} bytes.`, {
    kind: 'invalid',
    hint: `Names in PostgreSQL have at most ${NAME_BYTES} bytes in UTF-8.`,
  });
}

export function renamingOf({ scope, targetName }: Pick<CopySchemaOptions, 'scope' | 'targetName'>): Renaming {
  const schemas = new Map<string, string>();
  const there = scope.there ?? [];
  const renamed = (names: readonly TableName[]) => {
    const tables = new Map<string, TableName>();
    for (const { schema, table } of names) {
      const to = targetName({ schema, table });
      if (to.schema !== schema) schemas.set(schema, to.schema);
      if (to.table !== table) tables.set(keyOf({ schema: to.schema, table }), to);
    }
    return tables;
  };
  const [made, tablesThere] = [renamed(scope.tables), renamed(there)];
  return {
    schemas,
    tables: new Map([...made, ...tablesThere]),
    tablesThere,
    tablespaces: new Map(scope.tablespaces.map(({ from, to }) => [from, to])),
    columns: columnRenamesOf([...scope.tables, ...there], targetName),
    settled: new Set(there.map((table) => keyOf(table))),
  };
}

function countsOf(entries: EntryRecord[]): CopiedSchema {
  const count = (state: EntryRecord['state']) => entries.filter((entry) => entry.state === state).length;
  return { made: count('done'), kept: count('kept'), refused: count('refused') };
}

function refusedObjects(names: string[]): SmartantError {
  const some = names.slice(0, 5).join(', ');
  return new SmartantError(
    'SCHEMA_OBJECT_REFUSED',
    `The target refused ${names.length} objects that rows need: ${some}${names.length > 5 ? ' …' : ''}.`,
    {
      kind: 'precondition',
      hint: 'See the findings for what the target says of each, mend it there or in the scope, and resume.',
    },
  );
}
