import { SmartantError } from '@smartant/kernel';
import { UNCHANGED, unknownMessage } from '../replication/decode-message';

export const VALUES_UNTOLD = 'DATABASE_VALUES_UNTOLD';

/**
 * Of a value that a row which is added does not tell. The source sends an update that brings a row into a filter as a row that is added, without
 * what is stored apart from it, unless its identity is the whole row.
 */
export function untoldValue(kind: number | undefined): SmartantError {
  if (kind !== UNCHANGED) return unknownMessage(`value ${kind} of a row that was added`);
  return new SmartantError(
    VALUES_UNTOLD,
    'An update brought a row into the filter of its table, and the source did not tell its large values.',
    {
      kind: 'precondition',
      hint: 'Set REPLICA IDENTITY FULL for the table at the source, then retry it: it is copied again.',
    },
  );
}
