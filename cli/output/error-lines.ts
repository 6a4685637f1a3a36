import type { SmartantError } from '@smartant/kernel';
import type { Messages } from '../messages/messages';
import { printable } from './table';
import type { Colors } from './terminal';

/** An error as it is shown on stderr: code and message, each wrong field, the hint, and where to look it up. */
export function errorLines(error: SmartantError, messages: Messages, colors: Colors): string[] {
  const { traceId, docs } = error.details;
  return [
    `${colors.red(`${messages.error.error} ${error.code}`)}: ${printable(error.message)}`,
    ...error.fields.map(({ field, message }) => `  ${field === '' ? '' : `${printable(field)}: `}${printable(message)}`),
    ...(error.hint ? [`${messages.error.hint}: ${printable(error.hint)}`] : []),
    ...(traceId ? [`${messages.error.trace}: ${printable(traceId)}`] : []),
    ...(docs ? [`${messages.error.docs}: ${printable(docs)}`] : []),
  ];
}

/** The same for programs. */
export function errorData(error: SmartantError): object {
  const { traceId, docs } = error.details;
  return {
    error: { code: error.code, message: error.message, hint: error.hint, fields: error.fields, traceId, docs, retryable: error.retryable },
  };
}
