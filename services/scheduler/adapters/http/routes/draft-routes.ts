import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { draft, draftChange, draftInput, draftPage } from '../schemas/draft-schemas';
import { pageQuery } from '../schemas/named-schema';

const DRAFTS = '/v1/workspaces/{ws}/migration-drafts';
const DRAFT = '/v1/workspaces/{ws}/migration-drafts/{id}';
const BODY_LIMIT_BYTES = 96 * 1024;

export const createDraft = defineRoute({
  operationId: 'createDraft',
  method: 'POST',
  path: DRAFTS,
  tag: 'Migrations',
  summary: 'Keep a migration that is not filled in yet',
  description:
    'Everybody in the workspace can read it and go on with it. Forgotten 90 days after its last change. Nothing is begun: that is `createMigration`, after which the draft is deleted by who no longer needs it.',
  permission: 'migration:write',
  admission: 'transition',
  body: draftInput,
  bodyLimitBytes: BODY_LIMIT_BYTES,
  etag: true,
  status: 201,
  answer: draft,
});

export const listDrafts = defineRoute({
  operationId: 'listDrafts',
  method: 'GET',
  path: DRAFTS,
  tag: 'Migrations',
  summary: 'List drafts of migrations',
  permission: 'migration:read',
  admission: 'list',
  query: z.strictObject(pageQuery),
  status: 200,
  answer: draftPage,
});

export const getDraft = defineRoute({
  operationId: 'getDraft',
  method: 'GET',
  path: DRAFT,
  tag: 'Migrations',
  summary: 'Show a draft of a migration',
  permission: 'migration:read',
  admission: 'read',
  etag: true,
  status: 200,
  answer: draft,
});

export const updateDraft = defineRoute({
  operationId: 'updateDraft',
  method: 'PATCH',
  path: DRAFT,
  tag: 'Migrations',
  summary: 'Change a draft of a migration',
  description: 'Its content is replaced whole. With If-Match, refused when somebody else changed it since.',
  permission: 'migration:write',
  admission: 'transition',
  body: draftChange,
  bodyLimitBytes: BODY_LIMIT_BYTES,
  ifMatch: true,
  etag: true,
  status: 200,
  answer: draft,
});

export const deleteDraft = defineRoute({
  operationId: 'deleteDraft',
  method: 'DELETE',
  path: DRAFT,
  tag: 'Migrations',
  summary: 'Delete a draft of a migration',
  permission: 'migration:write',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const draftRoutes = [createDraft, listDrafts, getDraft, updateDraft, deleteDraft];
