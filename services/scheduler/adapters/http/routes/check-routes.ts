import { defineRoute } from '../route-definition';
import { askCheckInput, check, checkList } from '../schemas/check-schemas';

export const askCheck = defineRoute({
  operationId: 'askCheck',
  method: 'POST',
  path: '/v1/workspaces/{ws}/migrations/{id}/checks',
  tag: 'Migrations',
  summary: 'Compare, repair or preview a live database migration',
  description:
    'Done beside the change stream by whoever holds it, one after another; ask for the list to see what came of it. A repair locks the rows that it copies again at the source for a moment, so that nobody changes them meanwhile. ' +
    'A preview tells what a cutover would do to the source now, and how long writers would probably wait. Refused with MIGRATION_CHECK_NOT_ALLOWED while no changes are streamed.',
  permission: 'migration:write',
  admission: 'transition',
  body: askCheckInput,
  idempotent: true,
  status: 201,
  answer: check,
});

export const listChecks = defineRoute({
  operationId: 'listChecks',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/checks',
  tag: 'Migrations',
  summary: 'What was compared, repaired and previewed beside the stream',
  description: 'The latest, newest first.',
  permission: 'migration:read',
  admission: 'list',
  status: 200,
  answer: checkList,
});

export const checkRoutes = [askCheck, listChecks];
