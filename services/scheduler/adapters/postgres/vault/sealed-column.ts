import type { SqlExecutor } from '@smartant/platform/postgres';
import type { KeyCount, SealedValue, SealedValues } from '../../../application/ports/sealed-values';

export interface SealedColumnOptions {
  name: string;
  table: string;
  /** Its primary key, of type text. */
  id: string;
  /** Holds the sealed text; rows where it is null or empty (given up) hold nothing. */
  sealed: string;
  /** Columns that the context is made of, besides the id. */
  contextColumns?: readonly string[];
  /** The context under which a row's value is sealed. */
  context: (row: Record<string, string>) => string;
}

/** A column of sealed texts in a table with a text key. */
export class SealedColumn implements SealedValues {
  readonly name: string;

  constructor(
    private readonly sql: SqlExecutor,
    private readonly options: SealedColumnOptions,
  ) {
    this.name = options.name;
  }

  async page(afterId: string | null, limit: number): Promise<SealedValue[]> {
    const { table, id, sealed, contextColumns = [], context } = this.options;
    const columns = [...new Set([id, sealed, ...contextColumns])].map(quoted).join(', ');
    const rows = await this.sql.query<Record<string, string>>(
      `SELECT ${columns} FROM ${quoted(table)}
       WHERE ${quoted(sealed)} <> '' AND ($1::text IS NULL OR ${quoted(id)} > $1::text) ORDER BY ${quoted(id)} LIMIT $2`,
      [afterId, limit],
    );
    return rows.map((row) => ({ id: row[id]!, context: context(row), sealed: row[sealed]! }));
  }

  async replace(id: string, before: string, after: string): Promise<boolean> {
    const { table, id: key, sealed } = this.options;
    const changed = await this.sql.query(
      `UPDATE ${quoted(table)} SET ${quoted(sealed)} = $3 WHERE ${quoted(key)} = $1 AND ${quoted(sealed)} = $2 RETURNING 1 AS changed`,
      [id, before, after],
    );
    return changed.length > 0;
  }

  countByKey(): Promise<KeyCount[]> {
    const { table, sealed } = this.options;
    return countKeys(this.sql, `SELECT ${quoted(sealed)} AS sealed FROM ${quoted(table)} WHERE ${quoted(sealed)} <> ''`);
  }
}

/** `source`: SQL of ours that gives sealed texts in a column `sealed`. The key's id is their second field. */
export async function countKeys(sql: SqlExecutor, source: string): Promise<KeyCount[]> {
  const rows = await sql.query<{ key_id: string; values: string }>(
    `SELECT split_part(sealed, '.', 2) AS key_id, count(*) AS values FROM (${source}) AS source GROUP BY 1 ORDER BY 1`,
  );
  return rows.map(({ key_id, values }) => ({ keyId: key_id, values: Number(values) }));
}

/** Names are ours; quoted all the same, so that none of them is ever read as something else. */
function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
