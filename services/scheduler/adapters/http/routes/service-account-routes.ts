import { defineRoute } from '../route-definition';
import { createdApiKey } from '../schemas/identity-schemas';
import {
  serviceAccount,
  serviceAccountInput,
  serviceAccountKeyInput,
  serviceAccountList,
  serviceAccountPatch,
} from '../schemas/tenancy-schemas';

const ACCOUNTS = '/v1/workspaces/{ws}/service-accounts';
const ACCOUNT = '/v1/workspaces/{ws}/service-accounts/{idOrName}';

export const listServiceAccounts = defineRoute({
  operationId: 'listServiceAccounts',
  method: 'GET',
  path: ACCOUNTS,
  tag: 'Workspaces',
  summary: 'List service accounts',
  permission: 'service-account:manage',
  admission: 'list',
  status: 200,
  answer: serviceAccountList,
});

export const createServiceAccount = defineRoute({
  operationId: 'createServiceAccount',
  method: 'POST',
  path: ACCOUNTS,
  tag: 'Workspaces',
  summary: 'Create a service account',
  description: 'For programs: it has no password, belongs to this workspace, and signs in with API keys of its own.',
  permission: 'service-account:manage',
  admission: 'transition',
  body: serviceAccountInput,
  status: 201,
  answer: serviceAccount,
});

export const updateServiceAccount = defineRoute({
  operationId: 'updateServiceAccount',
  method: 'PATCH',
  path: ACCOUNT,
  tag: 'Workspaces',
  summary: 'Change the role of a service account, disable or enable it',
  description: 'Holds within seconds, also for tokens that are out.',
  permission: 'service-account:manage',
  admission: 'transition',
  body: serviceAccountPatch,
  status: 200,
  answer: serviceAccount,
});

export const deleteServiceAccount = defineRoute({
  operationId: 'deleteServiceAccount',
  method: 'DELETE',
  path: ACCOUNT,
  tag: 'Workspaces',
  summary: 'Delete a service account',
  description: 'With its API keys. What it made stays.',
  permission: 'service-account:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const createServiceAccountKey = defineRoute({
  operationId: 'createServiceAccountKey',
  method: 'POST',
  path: '/v1/workspaces/{ws}/service-accounts/{idOrName}/api-keys',
  tag: 'Workspaces',
  summary: 'Create an API key of a service account',
  description: 'The key is shown in this answer alone. It is listed and revoked with the other API keys of the workspace.',
  permission: 'service-account:manage',
  admission: 'transition',
  body: serviceAccountKeyInput,
  status: 201,
  answer: createdApiKey,
});

export const serviceAccountRoutes = [
  listServiceAccounts,
  createServiceAccount,
  updateServiceAccount,
  deleteServiceAccount,
  createServiceAccountKey,
];
