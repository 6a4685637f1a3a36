import { keyOf, renamedColumns, type Table, type TableName } from '../catalog/catalog';
import type { PgRow } from '../session/pg-session';
import type { ObjectOfColumn } from './objects-of-columns';
import type { ObjectKind } from './schema-objects';

/** What the columns of both sides have to do with each other, where a scope leaves some out or calls them otherwise. */
export class ComparedColumns {
  private readonly names = new Map<string, Map<string, string>>();
  private readonly leftOut = new Set<string>();
  private readonly parts: Set<string>;
  /** Names that stand for one column, by one of them. */
  private readonly words = new Map<string, string>();
  /** Tables with renamed columns, by both of their names. */
  private readonly renamed = new Set<string>();

  constructor(tables: readonly Table[], targetName: (name: TableName) => TableName, objects: readonly ObjectOfColumn[]) {
    this.parts = new Set(objects.map(({ schema, relation, name }) => JSON.stringify([schema, relation, name])));
    for (const table of tables) {
      for (const name of table.leftOutColumns ?? []) this.leftOut.add(JSON.stringify([table.schema, table.table, name]));
      const renames = renamedColumns(table);
      if (renames.length === 0) continue;
      this.names.set(keyOf(table), new Map(renames.map(({ from, to }) => [from, to])));
      for (const name of [table.table, targetName(table).table]) this.renamed.add(name);
      for (const { from, to } of renames) this.unite(from, to);
    }
  }

  /** The column itself, what is said of it (its comment, rights), and what is made of it. */
  isLeftOut({ kind, isOfColumn }: Pick<ObjectKind, 'kind' | 'isOfColumn'>, row: PgRow): boolean {
    const [schema, relation, name] = [row['schema'] ?? '', row['relation'] ?? null, row['name'] ?? ''];
    if (this.parts.has(JSON.stringify([schema, relation, name]))) return true;
    if (relation === null || (kind !== 'column' && !isOfColumn)) return false;
    return this.leftOut.has(JSON.stringify([schema, relation, columnIn(relation, name)]));
  }

  /** The name at the target of a column of a table of the source. */
  nameOf(table: TableName, column: string): string {
    return this.names.get(keyOf(table))?.get(column) ?? column;
  }

  /**
   * Words of a definition, with both names of a renamed column as one. The server has written either side's: a view calls its own columns as before
   * (`email AS mail`). So a definition is taken for another one in which just these two names are exchanged; which columns a table
   * has, and what is in them, is compared by their exact names. Null: no such table is named, or is what the row is of.
   */
  united(row: PgRow, words: readonly string[]): string[] | null {
    if (this.renamed.size === 0) return null;
    if (!this.renamed.has(row['relation'] ?? '') && !words.some((word) => this.renamed.has(word))) return null;
    const same = words.map((word) => this.words.get(word) ?? word);
    return same.filter((word, index) => {
      const isAlias = (at: number) => same[at] === 'as' && same[at + 1] !== undefined && same[at - 1] === same[at + 1];
      return !(word === 'as' && isAlias(index)) && !isAlias(index - 1);
    });
  }

  private unite(from: string, to: string): void {
    const [one, other] = [this.words.get(from) ?? from, this.words.get(to) ?? to];
    for (const [word, as] of this.words) if (as === other) this.words.set(word, one);
    this.words.set(from, one);
    this.words.set(to, one);
  }
}

/** Of what is said of a column, the name is the table's and the column's. */
export function columnIn(relation: string, name: string): string {
  return name.startsWith(`${relation}.`) ? name.slice(relation.length + 1) : name;
}
