import { z } from 'zod';
import { defineRoute, type RouteDefinition } from '../route-definition';
import { cutoverActionInput } from '../schemas/migration-input-schemas';
import { migration } from '../schemas/migration-schemas';

/** An action takes no fields; a body of `{}` is accepted. */
const noFields = z.strictObject({});

const action = {
  method: 'POST',
  tag: 'Migrations',
  permission: 'migration:write',
  admission: 'transition',
  body: noFields,
  bodyOptional: true,
  idempotent: true,
  etag: true,
  status: 200,
  answer: migration,
} as const satisfies Partial<RouteDefinition>;

export const pauseMigration = defineRoute({
  ...action,
  operationId: 'pauseMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/pause',
  summary: 'Pause a migration',
  description:
    'Keeps what is copied. Changes at the source are found by the next round after it is resumed; a database keeps them in its log until then.',
});

export const resumeMigration = defineRoute({
  ...action,
  operationId: 'resumeMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/resume',
  summary: 'Resume a paused migration',
  description: 'Goes on where it was paused; nothing is copied twice.',
});

export const cancelMigration = defineRoute({
  ...action,
  operationId: 'cancelMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/cancel',
  summary: 'Cancel a migration',
  description:
    'Ends it for good and removes half-done uploads; of a database its slots and publications, and a source that a cutover froze is opened again. What was copied stays at the target.',
});

export const cutoverMigration = defineRoute({
  ...action,
  operationId: 'cutoverMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/cutover',
  summary: 'Cut over',
  description:
    'Copies the last changes, then verifies the target against a fresh inventory of the source. Stop writers first and say so with sourceFrozen. ' +
    'A database is frozen, drained, compared and opened by a run that takes over from the stream at once; before its rows are copied that is refused with MIGRATION_CUTOVER_TOO_EARLY.',
  body: cutoverActionInput,
});

export const finalizeMigration = defineRoute({
  ...action,
  operationId: 'finalizeMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/finalize',
  summary: 'Finalize a cut-over migration',
  description: 'Ends the reversible phase, and with it the stream back of a database. It cannot be rolled back afterwards.',
});

export const rollbackMigration = defineRoute({
  ...action,
  operationId: 'rollbackMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/rollback',
  summary: 'Roll back a cut-over migration',
  description:
    'The source stays the place to use. Objects at the target are not deleted. The target of a database is frozen, its last changes are carried back, then the source is opened.',
});

export const retryMigration = defineRoute({
  ...action,
  operationId: 'retryMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/retry',
  summary: 'Retry a failed migration',
  description: 'Starts the failed phase again from its last checkpoint.',
});

export const migrationActionRoutes = [
  pauseMigration,
  resumeMigration,
  cancelMigration,
  cutoverMigration,
  finalizeMigration,
  rollbackMigration,
  retryMigration,
];
