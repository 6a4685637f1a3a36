import { defineRoute } from '../route-definition';
import { rotateInput, vaultRotation, vaultStatus } from '../schemas/vault-schemas';

export const getVaultStatus = defineRoute({
  operationId: 'getVaultStatus',
  method: 'GET',
  path: '/v1/admin/vault',
  tag: 'Platform',
  summary: 'The keys that secrets are sealed under',
  description: 'How many values need each key, and how far a rotation is. Never a key. Administrators only.',
  permission: 'vault:manage',
  admission: 'list',
  status: 200,
  answer: vaultStatus,
});

export const rotateVault = defineRoute({
  operationId: 'rotateVault',
  method: 'POST',
  path: '/v1/admin/vault/rotate',
  tag: 'Platform',
  summary: 'Bring every secret under the current key',
  description:
    'In the background, while everything runs. With dataKeys=true every secret is also sealed under a fresh data key. Answers with the rotation that runs if it does as much already. Administrators only.',
  permission: 'vault:manage',
  admission: 'transition',
  body: rotateInput,
  bodyOptional: true,
  status: 200,
  answer: vaultRotation,
});

export const vaultRoutes = [getVaultStatus, rotateVault];
