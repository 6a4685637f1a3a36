import { SmartantError } from '@smartant/kernel';

export function sessionEnded(): SmartantError {
  return new SmartantError('SESSION_ENDED', 'The session has ended.', {
    kind: 'unauthenticated',
    hint: 'Sign in again with POST /v1/auth/token.',
  });
}

export function reusedTokenRefusal(): SmartantError {
  return new SmartantError('REFRESH_TOKEN_REUSED', 'This refresh token was used before, so the session has been ended.', {
    kind: 'unauthenticated',
    hint: 'Somebody else may hold a copy of it. Sign in again, and look through your sessions.',
  });
}

export function sessionNotFound(): SmartantError {
  return new SmartantError('SESSION_NOT_FOUND', 'You have no such session.', {
    kind: 'not-found',
    hint: 'List them with GET /v1/auth/sessions.',
  });
}
