import { defineRoute } from '../route-definition';
import { signingKeyRotation, signingKeys } from '../schemas/signing-key-schemas';

export const listSigningKeys = defineRoute({
  operationId: 'listSigningKeys',
  method: 'GET',
  path: '/v1/admin/signing-keys',
  tag: 'Sign-in',
  summary: 'List the keys that sign access tokens',
  description: 'Administrators only. Their public halves are at /.well-known/jwks.json.',
  permission: 'signing-key:manage',
  admission: 'read',
  status: 200,
  answer: signingKeys,
});

export const rotateSigningKey = defineRoute({
  operationId: 'rotateSigningKey',
  method: 'POST',
  path: '/v1/admin/signing-keys/rotate',
  tag: 'Sign-in',
  summary: 'Rotate the key that signs access tokens',
  description:
    'The new key is published at once and signs ten minutes later; the old one is honoured until its last token has ended. Administrators only.',
  permission: 'signing-key:manage',
  admission: 'transition',
  body: signingKeyRotation,
  bodyOptional: true,
  status: 200,
  answer: signingKeys,
});

export const signingKeyRoutes = [listSigningKeys, rotateSigningKey];
