import { SmartantError } from '@smartant/kernel';

export function oidcProviderNotFound(name: string): SmartantError {
  return new SmartantError('OIDC_PROVIDER_NOT_FOUND', `There is no provider "${name}" to sign in with.`, {
    kind: 'not-found',
    hint: 'Ask an administrator for its name.',
  });
}

export function oidcProviderNameTaken(name: string): SmartantError {
  return new SmartantError('OIDC_PROVIDER_NAME_TAKEN', `There is a provider named "${name}" already.`, {
    kind: 'conflict',
    hint: 'Remove it first, or choose another name.',
    fields: [{ field: 'name', message: 'is taken' }],
  });
}

export function oidcFlowUnknown(): SmartantError {
  return new SmartantError('OIDC_FLOW_UNKNOWN', 'This sign-in is unknown here, took too long, or was finished before.', {
    kind: 'unauthenticated',
    hint: 'Begin it again with "smartant login --oidc NAME".',
  });
}

export function oidcNotAllowed(): SmartantError {
  return new SmartantError('OIDC_NOT_ALLOWED', 'The provider knows you, but you have no place here.', {
    kind: 'forbidden',
    hint: 'Ask an administrator to map one of your groups, or the domain of your verified address, to a workspace.',
  });
}

export function oidcNameTaken(): SmartantError {
  return new SmartantError('OIDC_NAME_TAKEN', 'There is a user of your name already, who did not come from this provider.', {
    kind: 'conflict',
    hint: 'An administrator can allow the provider to link users by verified addresses.',
  });
}
