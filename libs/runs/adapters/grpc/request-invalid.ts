import { SmartantError } from '@smartant/kernel';

/** REQUEST_INVALID, naming the field. */
export function invalid(field: string): SmartantError {
  return new SmartantError('REQUEST_INVALID', `The request's field "${field}" is missing or has a value that is not known here.`, {
    kind: 'invalid',
    actor: 'bug',
    hint: 'Caller and migrator may be of different versions: deploy the same one.',
    fields: [{ field, message: 'missing or unknown' }],
  });
}
