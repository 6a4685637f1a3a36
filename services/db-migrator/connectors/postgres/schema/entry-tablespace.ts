import { quoteText } from '../catalog/catalog';
import type { DumpEntry } from './dump-entry';

/** By the names at the source, those at the target. */
export type Tablespaces = ReadonlyMap<string, string>;

/** A constraint may bring an index. */
const STORED = new Set(['TABLE', 'MATERIALIZED VIEW', 'INDEX', 'CONSTRAINT']);

/** Where an entry lies, when the dump leaves that to the source's `byDefault`; empty: it takes no room. */
export function tablespaceOf({ kind, tablespace }: Pick<DumpEntry, 'kind' | 'tablespace'>, byDefault: string): string {
  return STORED.has(kind) ? tablespace || byDefault : '';
}

/**
 * What stands before the statement that makes an entry, in the same transaction, as pg_restore does it; empty where its tablespace has no place of
 * its own at the target. The target's default one is not named: a partitioned table or index must not lie there by name.
 * https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-DEFAULT-TABLESPACE
 */
export function tablespaceStatement({ kind, tablespace }: Pick<DumpEntry, 'kind' | 'tablespace'>, tablespaces: Tablespaces): string {
  const to = STORED.has(kind) ? tablespaces.get(tablespace) : undefined;
  if (to === undefined) return '';
  const byDefault = `(SELECT t.spcname FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = pg_catalog.current_database())`;
  return `SELECT pg_catalog.set_config('default_tablespace', CASE ${quoteText(to)} WHEN ${byDefault} THEN '' ELSE ${quoteText(to)} END, true);\n`;
}
