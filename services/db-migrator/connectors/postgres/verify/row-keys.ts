import { quoteName, type Table } from '../catalog/catalog';

/** A row's key as the differences tell it. */
export function keySql(primaryKey: readonly string[]): string {
  return `json_build_array(${primaryKey.map((name) => `${quoteName(name)}::text`).join(', ')})::text`;
}

/** Rows whose key is one of $1, a JSON array of arrays of texts; by the index of the primary key, or of another `key`. */
export function keyCondition({ primaryKey, columns }: Table, key: readonly string[] = primaryKey): string {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const values = key.map((name, index) => `(k->>${index})::${types.get(name)}`).join(', ');
  return `(${key.map(quoteName).join(', ')}) IN (SELECT ${values} FROM json_array_elements($1::json) k)`;
}
