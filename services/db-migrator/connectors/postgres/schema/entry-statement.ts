import { quoteName } from '../catalog/catalog';
import type { DumpEntry } from './dump-entry';

type OwnedEntry = Pick<DumpEntry, 'kind' | 'schema' | 'tag' | 'owner' | 'dropStatement'>;

/** Kinds whose owner is changed by the name that pg_dump gives the entry. As _getObjectDescription and _printTocEntry of pg_restore do it. */
const OWNED_BY_NAME = new Set([
  'COLLATION',
  'CONVERSION',
  'DOMAIN',
  'FOREIGN TABLE',
  'MATERIALIZED VIEW',
  'SEQUENCE',
  'STATISTICS',
  'TABLE',
  'TEXT SEARCH DICTIONARY',
  'TEXT SEARCH CONFIGURATION',
  'TYPE',
  'VIEW',
  'SCHEMA',
  'EVENT TRIGGER',
  'FOREIGN DATA WRAPPER',
  'SERVER',
  'PUBLICATION',
  'PROCEDURAL LANGUAGE',
]);
/** Kinds that are named with arguments, which only the statement that drops them tells. */
const OWNED_BY_SIGNATURE = new Set(['AGGREGATE', 'FUNCTION', 'OPERATOR', 'OPERATOR CLASS', 'OPERATOR FAMILY', 'PROCEDURE']);

/** The statement that gives an object to its owner; empty where the kind has none of its own. */
export function ownerStatement(entry: OwnedEntry): string {
  if (entry.owner === '') return '';
  const object = OWNED_BY_NAME.has(entry.kind)
    ? namedObject(entry)
    : OWNED_BY_SIGNATURE.has(entry.kind)
      ? droppedObject(entry.dropStatement)
      : '';
  return object === '' ? '' : `ALTER ${object} OWNER TO ${quoteName(entry.owner)};`;
}

function namedObject({ kind, schema, tag }: OwnedEntry): string {
  return `${kind} ${schema === '' ? '' : `${quoteName(schema)}.`}${quoteName(tag)}`;
}

/** "DROP FUNCTION a.b(integer);" is about "FUNCTION a.b(integer)". */
function droppedObject(dropStatement: string): string {
  return dropStatement.startsWith('DROP ') ? dropStatement.slice('DROP '.length).trimEnd().replace(/;$/, '') : '';
}

/** How an object is called in messages. */
export function describeEntry({ kind, schema, tag }: Pick<DumpEntry, 'kind' | 'schema' | 'tag'>): string {
  return `${kind.toLowerCase()} ${schema === '' ? '' : `${schema}.`}${tag}`;
}
