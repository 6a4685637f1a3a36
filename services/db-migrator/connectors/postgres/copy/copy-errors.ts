import { SmartantError, toSmartantError } from '@smartant/kernel';
import { nameOf } from '../catalog/target-name';
import type { TableName } from '../catalog/catalog';
import { snapshotLost } from '../session/import-snapshot';

/** The snapshot does not show the table's rows, but those of others. */
export function tableRewritten(table: TableName): SmartantError {
  const name = nameOf(table);
  return snapshotLost(`The table ${name} was rewritten, emptied or replaced after the snapshot.`, { table: name });
}

/** Errors that are of a value in a table, by SQLSTATE; what else a server refuses keeps its own code. */
const OF_VALUES: [string[], { code: string; message: string; hint: string }][] = [
  [
    ['22021', '22P05'],
    {
      code: 'DATABASE_ENCODING_INVALID',
      message: 'holds text that is not valid in its encoding, or has no equivalent at the target',
      hint: 'Correct the text at the source (a database in SQL_ASCII takes any bytes), or make the target in UTF8.',
    },
  ],
  [
    ['54000'],
    {
      code: 'DATABASE_VALUE_TOO_LARGE',
      message: 'holds a row that is larger than the server can send (1 GiB as text)',
      hint: 'Leave these rows out with a row filter and move them by themselves, for example as large objects.',
    },
  ],
];

/** What copying a table raised. */
export function copyError(thrown: unknown, table: TableName): SmartantError {
  const error = toSmartantError(thrown);
  const sqlState = error.details['sqlState'] ?? '';
  const rule = OF_VALUES.find(([states]) => states.includes(sqlState))?.[1];
  if (!rule) return error;
  return new SmartantError(rule.code, `The table ${nameOf(table)} ${rule.message}: ${error.message}`, {
    kind: 'precondition',
    hint: rule.hint,
    details: { sqlState },
    cause: error,
  });
}

const OF_THE_WHOLE = new Set(['DATABASE_EPOCH_STALE', 'CANCELLED', 'INTERNAL_ERROR', 'DATABASE_CREDENTIALS_INVALID', 'DATABASE_NOT_FOUND']);

/** Whether only the table fails, and the rest can go on without it. */
export function isOfTable(error: SmartantError): boolean {
  return !error.retryable && !OF_THE_WHOLE.has(error.code);
}
