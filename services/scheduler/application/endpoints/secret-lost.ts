import { SmartantError } from '@smartant/kernel';

export function secretLost(): SmartantError {
  return new SmartantError(
    'ENDPOINT_SECRET_LOST',
    'The secret of the endpoint was given up, because the key that it was sealed under is lost.',
    {
      kind: 'precondition',
      actor: 'user',
      hint: 'Enter it again: smartant endpoint update NAME. Migrations that wait for it go on then.',
    },
  );
}
