import { keyOf, nameFilter, type SchemaScope } from './schema-scope';
import type { DumpEntry } from './dump-entry';
import type { ObjectOfColumn } from './objects-of-columns';
import type { NewEntry } from './schema-record';
import type { TableName } from '../catalog/catalog';

/** Finds the table, view or sequence that an object of the source belongs to (an index's table, a sequence itself), or null. */
export type RelationOf = (entry: Pick<DumpEntry, 'classOid' | 'oid'>) => TableName | null;

/** They hold data, or are the business of whoever runs the target server. */
const NEVER = new Set([
  'DATABASE',
  'DATABASE PROPERTIES',
  'SUBSCRIPTION',
  'SUBSCRIPTION TABLE',
  'TABLE DATA',
  'SEQUENCE SET',
  'BLOB',
  'BLOB METADATA',
  'BLOBS',
  'STATISTICS DATA',
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
]);
/** Of a stream of ours, as they are while later tables are brought in. */
const OWN_PUBLICATION = /^smartant_[0-9a-f]{32}/;
const ABOUT_PUBLICATIONS = new Set(['PUBLICATION', 'PUBLICATION TABLE', 'PUBLICATION TABLES IN SCHEMA']);
const ABOUT_ROLES = new Set(['ACL', 'DEFAULT ACL']);
const TABLES = new Set(['TABLE', 'FOREIGN TABLE']);
const RELATIONS = new Set(['VIEW', 'MATERIALIZED VIEW', 'SEQUENCE']);
/** Entries that are about the entry that they depend on first. */
const ABOUT_ANOTHER = new Set(['COMMENT', 'ACL', 'SECURITY LABEL', 'SEQUENCE OWNED BY']);

/** What is kept of an entry for those that come after it; its statement is not. */
type ChosenEntry = Pick<NewEntry, 'kind' | 'schema' | 'tag' | 'table' | 'state' | 'note' | 'section'>;

/** Its statement holds a password, which must not lie in our record. */
export const USER_MAPPING = 'it holds credentials';

/**
 * Which objects of a dump are copied, and why others are not. What depends on something that is left out is left out too; where that is a
 * foreign key or a view, a user wants to know. Entries keep their order, which is one in which they can be made.
 */
export class EntryChoice {
  private readonly filter;
  private readonly chosen = new Map<number, ChosenEntry>();
  private readonly knownTables: Set<string>;
  private readonly there: Set<string>;
  private readonly ofColumns: ReadonlyMap<string, ObjectOfColumn>;

  constructor(
    private readonly scope: SchemaScope,
    private readonly relationOf: RelationOf,
    /** Which relations of the source are tables. */
    tables: Iterable<TableName>,
    /** What is made of columns that are left out. */
    ofColumns: readonly ObjectOfColumn[] = [],
  ) {
    this.filter = nameFilter(scope);
    this.knownTables = new Set([...tables].map((table) => keyOf(table)));
    // Sequences are dropped with their columns; the others of these cannot be done without, or are parts of a table.
    const entries = ofColumns.filter(({ kind }) => !['sequence', 'generated column', 'partition key'].includes(kind));
    this.ofColumns = new Map(entries.map((each) => [`${each.classOid}:${each.oid}`, each]));
    this.there = new Set((scope.there ?? []).map((table) => keyOf(table)));
  }

  /** Null: an entry that is nobody's business. Those that depend on others have to come after them, as they do in a dump. */
  take(entry: DumpEntry): NewEntry | null {
    if (NEVER.has(entry.kind) || entry.section === 'data' || (ABOUT_ANOTHER.has(entry.kind) && this.isAboutNobody(entry))) return null;
    const about = ABOUT_ANOTHER.has(entry.kind) ? this.chosen.get(entry.dependsOn[0] ?? -1) : undefined;
    const table = about?.table ?? this.relationOf(entry);
    const missing = this.missing(entry, table, about);
    const made: NewEntry = {
      ...entry,
      table,
      section: entry.kind === 'EVENT TRIGGER' || entry.section === 'post' || about?.section === 'post' ? 'post' : 'pre',
      ...(missing === USER_MAPPING ? { statement: '' } : {}),
      state: missing === null ? 'pending' : 'left out',
      note: missing ?? '',
    };
    const { kind, schema, tag, state, note, section } = made;
    this.chosen.set(entry.id, { kind, schema, tag, table, state, note, section });
    return made;
  }

  private isAboutNobody({ dependsOn: [about] }: DumpEntry): boolean {
    return about !== undefined && !this.chosen.has(about);
  }

  private missing(entry: DumpEntry, table: TableName | null, about: ChosenEntry | undefined): string | null {
    if (ABOUT_ROLES.has(entry.kind) && !this.scope.roles) return 'rights are not copied';
    if (ABOUT_PUBLICATIONS.has(entry.kind) && !this.scope.publications) return 'publications are not copied';
    if (ABOUT_PUBLICATIONS.has(entry.kind) && OWN_PUBLICATION.test(entry.tag)) return 'it is ours';
    if (entry.kind === 'USER MAPPING') return USER_MAPPING;
    if (entry.schema === 'smartant' || (entry.kind === 'SCHEMA' && entry.tag === 'smartant')) return 'it is ours';
    if (about?.state === 'left out') return about.note;
    if (entry.kind === 'TABLE ATTACH' && this.there.has(keyOf({ schema: entry.schema, table: entry.tag }))) return 'it is there';
    if (entry.kind === 'FK CONSTRAINT' && table && this.there.has(keyOf(table))) return this.refersToMade(entry) ? null : 'it is there';
    if (!this.isNamed(entry, table)) return 'it is not in the scope';
    const of = this.ofColumns.get(`${entry.classOid}:${entry.oid}`);
    if (of && !ABOUT_ANOTHER.has(entry.kind)) return `it depends on column "${of.column}" of ${of.of}, which is left out`;
    const gone = entry.dependsOn.map((id) => this.chosen.get(id)).find((other) => other?.state === 'left out' && !this.isThere(other));
    return gone
      ? `it depends on ${gone.kind.toLowerCase()} ${gone.schema === '' ? '' : `${gone.schema}.`}${gone.tag}, which is left out`
      : null;
  }

  private isThere({ table, schema, tag }: ChosenEntry): boolean {
    return this.there.has(keyOf(table ?? { schema, table: tag }));
  }

  private refersToMade({ dependsOn }: DumpEntry): boolean {
    return dependsOn.some((id) => this.chosen.get(id)?.state === 'pending');
  }

  private isNamed(entry: DumpEntry, table: TableName | null): boolean {
    if (TABLES.has(entry.kind)) return this.filter.table({ schema: entry.schema, table: entry.tag });
    if (RELATIONS.has(entry.kind)) return this.filter.relation({ schema: entry.schema, table: entry.tag });
    if (entry.kind === 'SCHEMA') return this.filter.schema(entry.tag);
    // A view that is not in the scope was left out before; a table is asked for by itself, because an entry may name no dependency.
    if (table && this.isTable(table)) return this.filter.table(table);
    return entry.schema === '' || this.filter.schema(entry.schema);
  }

  private isTable(table: TableName): boolean {
    return this.knownTables.has(keyOf(table));
  }
}
