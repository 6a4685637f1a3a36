import { SmartantError } from '@smartant/kernel';
import type { TableName } from './catalog';

/** From a name at the source to the one at the target; of columns, see `column-choices.ts`. */
export type TargetName = (name: TableName) => TableName;

/** As a scope writes it. */
export function nameOf({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}

/** Taken apart again; a schema's name has no dot in it. */
export function splitName(name: string): TableName {
  const dot = name.indexOf('.');
  return { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}

/**
 * The renames of a scope. A table goes where its schema goes: its own rename changes its name only, written alone or behind its schema.
 * Raises DATABASE_RENAME_INVALID for a name behind another schema.
 */
export function targetNameOf({ renames }: { renames: readonly { from: string; to: string }[] }): TargetName {
  const byName = new Map(renames.map(({ from, to }) => [from, to]));
  return (name) => {
    const schema = byName.get(name.schema) ?? name.schema;
    const to = byName.get(nameOf(name));
    return { schema, table: to === undefined ? name.table : tableOf(to, [schema, name.schema], nameOf(name)) };
  };
}

function tableOf(to: string, schemas: string[], from: string): string {
  const schema = schemas.find((each) => to.startsWith(`${each}.`) && to.length > each.length + 1);
  if (schema !== undefined) return to.slice(schema.length + 1);
  if (to !== '' && !to.includes('.')) return to;
  throw new SmartantError('DATABASE_RENAME_INVALID', `The table ${from} cannot be renamed to "${to}".`, {
    kind: 'invalid',
    hint: 'A table stays in the schema that its own schema is renamed to: give its new name alone, and rename the schema to move it.',
  });
}
