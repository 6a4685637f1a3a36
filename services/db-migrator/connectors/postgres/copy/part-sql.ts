import { movedColumns, nameAtTarget, qualified, quoteName, quoteText, type Table, type TableName } from '../catalog/catalog';

/** What is read of a table at once: all of it, or a range of its pages. */
export interface Part {
  table: Table;
  number: number;
  /** Of the heap, from the first to before the last; `to` of the last part is null: what came later is in it too. Null: all of it. */
  pages: { from: number; to: number | null } | null;
  /** An estimate, for the order of work. */
  bytes: number;
}

export interface PartFormat {
  isBinary: boolean;
  /** Rows that were put in by the transaction that emptied the table need no later look at who may see them. */
  freeze: boolean;
}

interface ReadFormat extends Pick<PartFormat, 'isBinary'> {
  /** Columns that are read by an expression, which has the form of their type, by their names. */
  expressions: ReadonlyMap<string, string>;
}

/** COPY reads a table itself without those that inherit from it, and so does ONLY. */
export function copyOutSql({ table, pages }: Part, where: string | null, { isBinary, expressions }: ReadFormat): string {
  const columns = movedColumns(table)
    .map(({ name }) => expressions.get(name) ?? quoteName(name))
    .join(', ');
  const conditions = [...(where === null ? [] : [`(\n${where}\n)`]), ...(pages ? [pageCondition(pages)] : [])];
  // A table without columns has no list, and no form of COPY that writes its rows but this.
  const asQuery = conditions.length > 0 || columns === '' || expressions.size > 0;
  const query = `(SELECT ${columns} FROM ONLY ${qualified(table)}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''})`;
  return `COPY ${asQuery ? query : `${qualified(table)} (${columns})`} TO STDOUT${optionsOf({ isBinary, freeze: false })}`;
}

export function copyInSql(table: Pick<Table, 'columns'>, target: TableName, format: PartFormat): string {
  const columns = movedColumns(table)
    .map((column) => quoteName(nameAtTarget(column)))
    .join(', ');
  return `COPY ${qualified(target)}${columns === '' ? '' : ` (${columns})`} FROM STDIN${optionsOf(format)}`;
}

/** A part of the rows is read by their place; a server before 14 would read the whole table for each. */
export const TID_RANGES_SINCE = 140000;

function pageCondition({ from, to }: NonNullable<Part['pages']>): string {
  const begin = `ctid >= ${quoteText(`(${from},0)`)}::tid`;
  return to === null ? begin : `${begin} AND ctid < ${quoteText(`(${to},0)`)}::tid`;
}

function optionsOf({ isBinary, freeze }: PartFormat): string {
  const options = [...(isBinary ? ['FORMAT binary'] : []), ...(freeze ? ['FREEZE'] : [])];
  return options.length > 0 ? ` WITH (${options.join(', ')})` : '';
}
