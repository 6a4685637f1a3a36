import type { Finding } from '../../../application/ports/database-engine';
import { USER_MAPPING } from './choose-entries';
import { describeEntry } from './entry-statement';
import type { Restored } from './restore-entry';
import type { EntryRecord } from './schema-record';

/** Without them rows have no place. */
const NEEDED_BY_ROWS = new Set(['SCHEMA', 'TABLE', 'TABLE ATTACH', 'TYPE', 'DOMAIN', 'SHELL TYPE', 'EXTENSION', 'SEQUENCE', 'COLLATION']);
/** Nothing works differently without them. */
const DECORATION = new Set(['COMMENT', 'SECURITY LABEL']);
const NOT_AVAILABLE = '0A000';
const FILE_MISSING = '58P01';
const DENIED = '42501';
const DUPLICATE_KEY = '23505';

export function isFatal({ kind }: Pick<EntryRecord, 'kind'>): boolean {
  return NEEDED_BY_ROWS.has(kind);
}

/** What a user should know of an object that the target refused. */
export function findingOfRefusal(entry: EntryRecord, { note, sqlState }: Restored): Finding {
  const severity = isFatal(entry) ? 'blocker' : DECORATION.has(entry.kind) ? 'note' : 'warning';
  if (entry.kind === 'EXTENSION' && (sqlState === NOT_AVAILABLE || sqlState === FILE_MISSING)) {
    return {
      severity,
      code: 'SCHEMA_EXTENSION_MISSING',
      subject: 'target',
      message: `The source uses the extension ${entry.tag}, which the target server does not have.`,
      hint: `Install it on the target server (a managed service has a list of what it offers), or exclude what uses it.`,
    };
  }
  return {
    severity,
    code: 'SCHEMA_OBJECT_REFUSED',
    subject: 'target',
    message: `The target refused the ${describeEntry(entry)}: ${note}`,
    hint: REMEDIES[sqlState] ?? 'Make it by hand at the target if it is needed, and choose the target policy append; or exclude it.',
  };
}

const REMEDIES: Partial<Record<string, string>> = {
  [DENIED]: 'Give the migration’s user the right, or make the object as an administrator and choose the target policy append.',
  [DUPLICATE_KEY]:
    'Rows with one key are there more than once. Usually the source has them, past a damaged index (as after a change of the system’s collations): look with SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT key, count(*) … GROUP BY key HAVING count(*) > 1. Remove them at the source, REINDEX there, remove them at the target too, then retry.',
};

/** They come and go with a table that a user has left out on purpose. */
const PARTS_OF_TABLES = new Set([
  'SEQUENCE',
  'SEQUENCE OWNED BY',
  'DEFAULT',
  'COMMENT',
  'ACL',
  'SECURITY LABEL',
  'TABLE ATTACH',
  'INDEX ATTACH',
  'PUBLICATION TABLE',
]);

/** What is left out although nobody asked for that, because it depends on something that is not in the scope; null: nothing to tell. */
export function findingOfLeftOut(entry: EntryRecord): Finding | null {
  const isTold = entry.note === USER_MAPPING || (entry.note.startsWith('it depends') && !PARTS_OF_TABLES.has(entry.kind));
  if (entry.state !== 'left out' || !isTold) return null;
  return {
    severity: 'warning',
    code: 'SCHEMA_OBJECT_LEFT_OUT',
    subject: 'target',
    message: `The ${describeEntry(entry)} is not made at the target: ${entry.note}.`,
    hint: entry.note === USER_MAPPING ? 'Make it by hand at the target.' : 'Take what it depends on into the scope, or do without it.',
  };
}
