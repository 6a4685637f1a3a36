import { defineRoute } from '../route-definition';
import {
  foundTrace,
  logLevel,
  logLevels,
  logPage,
  logQuery,
  platformLogQuery,
  setLogLevelInput,
  unitQuery,
  unitTrace,
  workspaceLogQuery,
} from '../schemas/record-schemas';

export const findUnitTrace = defineRoute({
  operationId: 'findUnitTrace',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/trace',
  tag: 'Migrations',
  summary: 'What happened to one object, table or file',
  description:
    'The spans of its read, write and verification with all attempts, where they were recorded (units are sampled, failures always recorded), and what stands on record about it when traces are gone. ' +
    'Name the object of a storage migration, the table of a database migration, or the path of a file of a host migration or a file tree.',
  permission: 'migration:read',
  admission: 'report',
  query: unitQuery,
  status: 200,
  answer: unitTrace,
});

export const getTrace = defineRoute({
  operationId: 'getTrace',
  method: 'GET',
  path: '/v1/workspaces/{ws}/traces/{traceId}',
  tag: 'Migrations',
  summary: 'A trace, as far as it belongs to the workspace',
  description: 'Spans of other workspaces in the same trace are left out; administrators see all of it.',
  permission: 'migration:read',
  admission: 'report',
  status: 200,
  answer: foundTrace,
});

export const listMigrationLogs = defineRoute({
  operationId: 'listMigrationLogs',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/logs',
  tag: 'Migrations',
  summary: 'What the services logged about a migration',
  description:
    'Newest first, from its beginning on unless `since` is given. Lines that name no migration, or another one, are never among them.',
  permission: 'migration:read',
  admission: 'report',
  query: logQuery,
  status: 200,
  answer: logPage,
});

export const listWorkspaceLogs = defineRoute({
  operationId: 'listWorkspaceLogs',
  method: 'GET',
  path: '/v1/workspaces/{ws}/logs',
  tag: 'Migrations',
  summary: 'Search what the services logged about a workspace',
  description: 'Newest first, of the last day unless `since` is given: lines that name the workspace, and no others.',
  permission: 'migration:read',
  admission: 'report',
  query: workspaceLogQuery,
  status: 200,
  answer: logPage,
});

export const listPlatformLogs = defineRoute({
  operationId: 'listPlatformLogs',
  method: 'GET',
  path: '/v1/platform/logs',
  tag: 'Platform',
  summary: 'Search the logs of all services',
  description: 'Newest first, of the last day unless `since` is given. Administrators only.',
  permission: 'log:read-platform',
  admission: 'report',
  query: platformLogQuery,
  status: 200,
  answer: logPage,
});

export const listLogLevels = defineRoute({
  operationId: 'listLogLevels',
  method: 'GET',
  path: '/v1/platform/log-levels',
  tag: 'Platform',
  summary: 'Log levels that are changed for a while',
  description: 'Administrators only.',
  permission: 'log:manage',
  admission: 'list',
  status: 200,
  answer: logLevels,
});

export const setLogLevel = defineRoute({
  operationId: 'setLogLevel',
  method: 'POST',
  path: '/v1/platform/log-levels',
  tag: 'Platform',
  summary: 'Change the log level of a service or a module of it for a while',
  description: 'In all its processes, within seconds and without a restart. Administrators only.',
  permission: 'log:manage',
  admission: 'transition',
  body: setLogLevelInput,
  status: 200,
  answer: logLevel,
});

export const resetLogLevels = defineRoute({
  operationId: 'resetLogLevels',
  method: 'DELETE',
  path: '/v1/platform/log-levels/{service}',
  tag: 'Platform',
  summary: 'Give a service back its configured log levels',
  description: 'Administrators only.',
  permission: 'log:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const recordRoutes = [
  findUnitTrace,
  getTrace,
  listMigrationLogs,
  listWorkspaceLogs,
  listPlatformLogs,
  listLogLevels,
  setLogLevel,
  resetLogLevels,
];
