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

/** Not `unauthenticated`: the password was right, and the same again would not help. */
export function secondFactorEnrolmentRequired(): SmartantError {
  return new SmartantError('SECOND_FACTOR_ENROLMENT_REQUIRED', 'A second factor is compulsory here, and you have not signed in with one.', {
    kind: 'forbidden',
    hint: 'Run "smartant login": it enrols one and signs in. By REST: POST /v1/auth/second-factor/enrolment, then …/enrolment/confirm.',
  });
}

export function oidcSecondFactorMissing(): SmartantError {
  return new SmartantError(
    'OIDC_SECOND_FACTOR_MISSING',
    'A second factor is compulsory here, and your provider did not say that it saw one.',
    {
      kind: 'forbidden',
      hint: 'Use a second factor at the provider. An administrator can name its acr values, or vouch for it, when the provider is added.',
    },
  );
}

/** Who makes it compulsory must not lock themselves out, and who stole a key or an old session must not take it away. */
export function ownSecondFactorMissing(): SmartantError {
  return new SmartantError('SECOND_FACTOR_OWN_MISSING', 'This rule is set by owners who have signed in with a second factor themselves.', {
    kind: 'forbidden',
    hint: 'Enrol one with "smartant account second-factor enrol", and do it again.',
  });
}
