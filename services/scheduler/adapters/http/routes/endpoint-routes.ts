import { z } from 'zod';
import { defineRoute } from '../route-definition';
import {
  endpoint,
  endpointChange,
  endpointInput,
  endpointPage,
  endpointTest,
  fileRoot,
  fileRootInput,
  fileRootList,
  itemPage,
} from '../schemas/endpoint-schemas';
import { pageQuery } from '../schemas/named-schema';

const ENDPOINTS = '/v1/workspaces/{ws}/endpoints';
const ENDPOINT = '/v1/workspaces/{ws}/endpoints/{idOrName}';

export const createEndpoint = defineRoute({
  operationId: 'createEndpoint',
  method: 'POST',
  path: ENDPOINTS,
  tag: 'Endpoints',
  summary: 'Save an endpoint',
  description: 'Its credentials are sealed at once and never shown again.',
  permission: 'endpoint:write',
  admission: 'transition',
  body: endpointInput,
  bodyLimitBytes: 256 * 1024,
  idempotent: true,
  status: 201,
  answer: endpoint,
});

export const listEndpoints = defineRoute({
  operationId: 'listEndpoints',
  method: 'GET',
  path: ENDPOINTS,
  tag: 'Endpoints',
  summary: 'List endpoints',
  permission: 'endpoint:read',
  admission: 'list',
  query: z.strictObject(pageQuery),
  status: 200,
  answer: endpointPage,
});

export const getEndpoint = defineRoute({
  operationId: 'getEndpoint',
  method: 'GET',
  path: ENDPOINT,
  tag: 'Endpoints',
  summary: 'Show an endpoint',
  permission: 'endpoint:read',
  admission: 'read',
  status: 200,
  answer: endpoint,
});

export const updateEndpoint = defineRoute({
  operationId: 'updateEndpoint',
  method: 'PATCH',
  path: ENDPOINT,
  tag: 'Endpoints',
  summary: 'Replace the secret of an endpoint, or its location',
  description:
    'Running migrations take the new secret when they ask for it the next time: within five minutes, or at once where the old one is refused. The location changes only while no migration uses it, and needs the secret again for another server.',
  permission: 'endpoint:write',
  admission: 'transition',
  body: endpointChange,
  bodyLimitBytes: 256 * 1024,
  status: 200,
  answer: endpoint,
});

export const deleteEndpoint = defineRoute({
  operationId: 'deleteEndpoint',
  method: 'DELETE',
  path: ENDPOINT,
  tag: 'Endpoints',
  summary: 'Delete an endpoint',
  description: 'Refused while a migration that is not at rest uses it. The data it leads to is not touched.',
  permission: 'endpoint:write',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const testEndpoint = defineRoute({
  operationId: 'testEndpoint',
  method: 'POST',
  path: '/v1/workspaces/{ws}/endpoints/{idOrName}/test',
  tag: 'Endpoints',
  summary: 'Reach an endpoint and sign in',
  permission: 'endpoint:write',
  admission: 'probe',
  status: 200,
  answer: endpointTest,
});

export const listEndpointItems = defineRoute({
  operationId: 'listEndpointItems',
  method: 'GET',
  path: '/v1/workspaces/{ws}/endpoints/{idOrName}/items',
  tag: 'Endpoints',
  summary: 'What is at an endpoint',
  permission: 'endpoint:read',
  admission: 'probe',
  query: z.strictObject({ path: z.string().max(4_096).default('').describe('Relative to the endpoint. Empty: its top.'), ...pageQuery }),
  status: 200,
  answer: itemPage,
});

export const listFileRoots = defineRoute({
  operationId: 'listFileRoots',
  method: 'GET',
  path: '/v1/file-roots',
  tag: 'Endpoints',
  summary: 'List file roots',
  permission: 'file-root:read',
  admission: 'list',
  status: 200,
  answer: fileRootList,
});

export const addFileRoot = defineRoute({
  operationId: 'addFileRoot',
  method: 'POST',
  path: '/v1/file-roots',
  tag: 'Endpoints',
  summary: 'Open a directory to file endpoints',
  description: "A directory of the migrators' machine. Administrators only.",
  permission: 'file-root:write',
  admission: 'transition',
  body: fileRootInput,
  status: 201,
  answer: fileRoot,
});

export const deleteFileRoot = defineRoute({
  operationId: 'deleteFileRoot',
  method: 'DELETE',
  path: '/v1/file-roots/{name}',
  tag: 'Endpoints',
  summary: 'Close a file root',
  permission: 'file-root:write',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const endpointRoutes = [
  createEndpoint,
  listEndpoints,
  getEndpoint,
  updateEndpoint,
  deleteEndpoint,
  testEndpoint,
  listEndpointItems,
  listFileRoots,
  addFileRoot,
  deleteFileRoot,
];
