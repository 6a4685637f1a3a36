import { redactText } from '@smartant/platform/logging';
import type { UnitKind, UnitName } from '../../application/ports/trace-store';

/** The span attribute that names a unit of a kind. */
export const UNIT_ATTRIBUTES: Record<UnitKind, string> = { object: 'smartant.key', table: 'smartant.table', path: 'smartant.path' };
export const MIGRATION_ATTRIBUTE = 'smartant.migration';

/** Spans were redacted on their way out, so what they are looked for by has to be too. */
export function spanName({ name }: UnitName): string {
  return redactText(name);
}

/** Whether a span with these attributes is about the unit. One of many files names the first and the last, in the order of a walk. */
export function isAbout(attributes: Record<string, string>, unit: UnitName): boolean {
  const name = spanName(unit);
  const first = attributes[UNIT_ATTRIBUTES[unit.kind]];
  if (first === undefined) return false;
  const last = attributes['smartant.last_path'];
  if (unit.kind !== 'path' || last === undefined) return first === name;
  return comparePaths(first, name) <= 0 && comparePaths(name, last) <= 0;
}

/** A folder comes before what is in it, and that before what comes after the folder. */
function comparePaths(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')];
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = Buffer.compare(Buffer.from(a[index] ?? ''), Buffer.from(b[index] ?? ''));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
