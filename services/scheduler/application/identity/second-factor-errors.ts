import { SmartantError } from '@smartant/kernel';

export function secondFactorRequired(): SmartantError {
  return new SmartantError('SECOND_FACTOR_REQUIRED', 'The password is right; now a one-time code is needed.', {
    kind: 'unauthenticated',
    hint: 'Send the same again with "code": the six digits of the authenticator app, or a recovery code.',
  });
}

export function secondFactorWrong(): SmartantError {
  return new SmartantError('SECOND_FACTOR_WRONG', 'The one-time code is wrong or was used before.', {
    kind: 'unauthenticated',
    hint: 'Wait for the next code of the app, and check the time of the phone.',
    fields: [{ field: 'code', message: 'is wrong or was used before' }],
  });
}

export function secondFactorInUse(): SmartantError {
  return new SmartantError('SECOND_FACTOR_IN_USE', 'You have a second factor already.', {
    kind: 'conflict',
    hint: 'Remove it first: that needs your password and a code.',
  });
}

export function secondFactorMissing(): SmartantError {
  return new SmartantError('SECOND_FACTOR_MISSING', 'There is no second factor, or none that waits to be confirmed.', {
    kind: 'not-found',
    hint: 'Enrol one with POST /v1/auth/second-factor.',
  });
}
