import type { Finding } from '../../../application/ports/database-engine';
import { renamedColumns, type Table } from '../catalog/catalog';
import type { DumpEntry } from './dump-entry';
import { describeEntry } from './entry-statement';
import { mentionsInBody } from './rename-in-statement';
import type { Renaming } from './restore-entry';
import { tableOfKey } from './schema-scope';

const HAVE_BODIES = new Set(['FUNCTION', 'PROCEDURE']);

/** Names that text inside functions may mean, and that mean something else, or nothing, at the target. */
export function changedNames({ schemas, tables }: Renaming, scoped: readonly Table[]): string[] {
  const columns = scoped.flatMap((table) => [...(table.leftOutColumns ?? []), ...renamedColumns(table).map(({ from }) => from)]);
  return [...new Set([...schemas.keys(), ...[...tables.keys()].map((key) => tableOfKey(key).table), ...columns])];
}

/** Null: the entry is no function, or has none of the words in its body. */
export function findingOfMentions(
  entry: Pick<DumpEntry, 'kind' | 'schema' | 'tag'>,
  statement: string,
  names: readonly string[],
): Finding | null {
  const mentioned = HAVE_BODIES.has(entry.kind) ? mentionsInBody(statement, names) : [];
  if (mentioned.length === 0) return null;
  return {
    severity: 'warning',
    code: 'SCHEMA_FUNCTION_NAMES_RENAMED',
    subject: 'target',
    message: `The text of ${describeEntry(entry)} has the word ${mentioned.map((name) => `"${name}"`).join(', ')}, which is renamed or left out; text inside functions is left as it is.`,
    hint: 'Look at the function, and replace it at the target before the cutover where it means what was renamed or left out.',
  };
}
