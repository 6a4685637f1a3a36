export interface ChangedField {
  /** Dotted path. */
  field: string;
  /** Null: it was not there. */
  before: string | null;
  after: string | null;
}

type Fields = Readonly<Record<string, unknown>> | null;

/** What differs between the two states of an entry, in the order of the names; what is the same on both sides is left out. */
export function changedFields(before: Fields, after: Fields): ChangedField[] {
  const [was, is] = [flat(before ?? {}), flat(after ?? {})];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names
    .map((field) => ({ field, before: was.get(field) ?? null, after: is.get(field) ?? null }))
    .filter((change) => change.before !== change.after);
}

/** Lists stay whole: one of their items says nothing by its number. */
function flat(value: object, path = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner))
      texts.set(at, typeof inner === 'string' ? inner : JSON.stringify(inner));
    else for (const [field, text] of flat(inner as object, at)) texts.set(field, text);
  }
  return texts;
}
