import type { AuditEntry } from './queries';

const COLUMNS = [
  'at',
  'action',
  'outcome',
  'code',
  'targetKind',
  'targetId',
  'targetName',
  'userId',
  'address',
  'credential',
  'traceId',
  'before',
  'after',
];

/** Entries as a spreadsheet reads them (RFC 4180), each field as it was and as it became as JSON. */
export function auditCsv(entries: readonly AuditEntry[]): string {
  return [COLUMNS, ...entries.map(rowOf)].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function rowOf({ at, action, outcome, code, target, actor, before, after }: AuditEntry): string[] {
  const { address, credential, traceId, userId } = actor;
  const json = (value: unknown) => (value === null ? '' : JSON.stringify(value));
  const texts = [at, action, outcome, code, target.kind, target.id, target.name, userId, address, credential, traceId];
  return [...texts.map((text) => text ?? ''), json(before), json(after)];
}

/** What begins like a formula would be one in a spreadsheet, and names are given by anybody. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
