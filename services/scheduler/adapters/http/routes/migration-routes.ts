import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { transcriptPage } from '../schemas/host-schemas';
import { limitsPatch } from '../schemas/limit-schemas';
import {
  applyFixesInput,
  changeTablesInput,
  migrationInput,
  precheckFixesInput,
  resolveFailuresInput,
} from '../schemas/migration-input-schemas';
import {
  appliedFixes,
  dsseEnvelope,
  failurePage,
  migration,
  migrationPage,
  migrationQuery,
  precheckFixes,
  precheckResult,
  resolvedFailures,
  watchUpdate,
} from '../schemas/migration-schemas';
import { pageQuery, queryFlag } from '../schemas/named-schema';

const MIGRATIONS = '/v1/workspaces/{ws}/migrations';
const MIGRATION = '/v1/workspaces/{ws}/migrations/{id}';

export const createMigration = defineRoute({
  operationId: 'createMigration',
  method: 'POST',
  path: MIGRATIONS,
  tag: 'Migrations',
  summary: 'Create and start a migration',
  description: 'With validateOnly=true nothing is created: the answer is the result of a precheck.',
  permission: 'migration:write',
  admission: 'transition',
  query: z.strictObject({ validateOnly: queryFlag().describe('A precheck alone; nothing is kept.') }),
  body: migrationInput,
  // A list of keys (`filesFrom`) may take 8 MiB.
  bodyLimitBytes: 9 * 1024 * 1024,
  idempotent: true,
  etag: true,
  status: 201,
  answer: migration,
  otherAnswer: { status: 200, schema: precheckResult, when: 'validateOnly=true', flag: 'validateOnly', admission: 'probe' },
});

export const listMigrations = defineRoute({
  operationId: 'listMigrations',
  method: 'GET',
  path: MIGRATIONS,
  tag: 'Migrations',
  summary: 'List migrations',
  permission: 'migration:read',
  admission: 'list',
  query: migrationQuery,
  status: 200,
  answer: migrationPage,
});

export const getMigration = defineRoute({
  operationId: 'getMigration',
  method: 'GET',
  path: MIGRATION,
  tag: 'Migrations',
  summary: 'Show a migration',
  permission: 'migration:read',
  admission: 'read',
  etag: true,
  status: 200,
  answer: migration,
});

export const deleteMigration = defineRoute({
  operationId: 'deleteMigration',
  method: 'DELETE',
  path: MIGRATION,
  tag: 'Migrations',
  summary: 'Delete a migration',
  description: 'Cancels what runs, removes half-done uploads at the target, and forgets the migration. Copied objects stay.',
  permission: 'migration:delete',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const updateLimits = defineRoute({
  operationId: 'updateLimits',
  method: 'PATCH',
  path: '/v1/workspaces/{ws}/migrations/{id}/limits',
  tag: 'Migrations',
  summary: 'Change the limits of a migration',
  description: 'Also while it runs. With If-Match, refused when the migration has changed since.',
  permission: 'migration:write',
  admission: 'transition',
  body: limitsPatch,
  ifMatch: true,
  etag: true,
  status: 200,
  answer: migration,
});

export const changeTables = defineRoute({
  operationId: 'changeTables',
  method: 'POST',
  path: '/v1/workspaces/{ws}/migrations/{id}/tables',
  tag: 'Migrations',
  summary: 'Add, drop or copy again tables of a database while its changes are streamed',
  description:
    'A run with a higher epoch takes over from the stream. Other tables are streamed on while these are copied, and wait only while their changes are caught up with. With If-Match, refused when the migration has changed since.',
  permission: 'migration:write',
  admission: 'transition',
  body: changeTablesInput,
  ifMatch: true,
  etag: true,
  status: 200,
  answer: migration,
});

export const applyFixes = defineRoute({
  operationId: 'applyFixes',
  method: 'POST',
  path: '/v1/workspaces/{ws}/migrations/{id}/precheck/fixes',
  tag: 'Migrations',
  summary: 'Run what sets findings of a precheck right',
  description:
    'Both ends are asked again, and of what is found the fixes are run that are asked for: statements are never taken from the request. A precheck that failed is made anew after that. On the audit trail, with each statement.',
  permission: 'migration:write',
  admission: 'probe',
  body: applyFixesInput,
  status: 200,
  answer: appliedFixes,
});

export const fixPrecheck = defineRoute({
  operationId: 'fixPrecheck',
  method: 'POST',
  path: '/v1/workspaces/{ws}/precheck-fixes',
  tag: 'Migrations',
  summary: 'Run what sets findings of a precheck right, before there is a migration',
  description:
    'Both ends are asked, and of what is found the fixes are run that are asked for: statements are never taken from the request. Nothing is created but what they make (a missing bucket, for example). On the audit trail, with each statement.',
  permission: 'migration:write',
  admission: 'probe',
  body: precheckFixesInput,
  // As of a migration.
  bodyLimitBytes: 9 * 1024 * 1024,
  status: 200,
  answer: precheckFixes,
});

export const listFailures = defineRoute({
  operationId: 'listFailures',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/failures',
  tag: 'Migrations',
  summary: 'Objects that could not be migrated',
  permission: 'migration:read',
  admission: 'list',
  query: z.strictObject(pageQuery),
  status: 200,
  answer: failurePage,
});

export const listTranscript = defineRoute({
  operationId: 'listTranscript',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/transcript',
  tag: 'Migrations',
  summary: 'Commands that were run at the hosts of a migration',
  description: 'Every one, oldest first, without what it was given as input. Of other kinds of migrations there is nothing.',
  permission: 'migration:read',
  admission: 'list',
  query: z.strictObject({ runId: z.string().min(1).max(64).optional().describe('Of this run only.'), ...pageQuery }),
  status: 200,
  answer: transcriptPage,
});

export const resolveFailures = defineRoute({
  operationId: 'resolveFailures',
  method: 'POST',
  path: '/v1/workspaces/{ws}/migrations/{id}/failures/resolve',
  tag: 'Migrations',
  summary: 'Retry or waive failed objects',
  description: 'A waiver is kept on the record with its reason, and the report states it.',
  permission: 'migration:write',
  admission: 'transition',
  body: resolveFailuresInput,
  status: 200,
  answer: resolvedFailures,
});

export const watchMigration = defineRoute({
  operationId: 'watchMigration',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/watch',
  tag: 'Migrations',
  summary: 'Watch a migration',
  description:
    'Server-sent events: `update` at once, at each change, and at most once a second while it runs. Ends when the migration is at rest. A failure after the first event arrives as an `error` event whose data is a problem.',
  permission: 'migration:read',
  admission: 'stream',
  status: 200,
  answer: 'event-stream',
  event: watchUpdate,
});

export const getReport = defineRoute({
  operationId: 'getReport',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/report',
  tag: 'Migrations',
  summary: 'The signed report of a verified cutover',
  description: 'An in-toto statement in a DSSE envelope. Verify it with a key from /v1/report-keys that you have pinned.',
  permission: 'migration:read',
  admission: 'report',
  status: 200,
  answer: dsseEnvelope,
});

export const migrationRoutes = [
  createMigration,
  listMigrations,
  getMigration,
  deleteMigration,
  updateLimits,
  changeTables,
  applyFixes,
  fixPrecheck,
  listFailures,
  listTranscript,
  resolveFailures,
  watchMigration,
  getReport,
];
