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
  description:
    'Goes on where it was paused; nothing is copied twice. A database whose cutover failed streams on, so that its rows can be compared and repaired; the next cutover is to be asked for then.',
});

export const cancelMigration = defineRoute({
  ...action,
  operationId: 'cancelMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/cancel',
  summary: 'Cancel a migration',
  description:
    'Ends it for good and removes half-done uploads; of a database its slots and publications, and a source that a cutover froze is opened again; services of a host are started again. What was copied stays at the target.',
});

export const rehearseMigration = defineRoute({
  ...action,
  operationId: 'rehearseMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/rehearse',
  summary: 'Rehearse the cutover of a host',
  description:
    'A test boot: a clone of what is copied is made bootable, started apart, probed and thrown away, while the source goes on. At once between two rounds, else after the round in progress. What was seen stands in `rehearsal` and in a finding.',
});

export const cutoverMigration = defineRoute({
  ...action,
  operationId: 'cutoverMigration',
  path: '/v1/workspaces/{ws}/migrations/{id}/cutover',
  summary: 'Cut over',
  description:
    'Copies the last changes, then verifies the target against a fresh inventory of the source. Stop writers first and say so with sourceFrozen. ' +
    'A database is frozen, drained, compared and opened by a run that takes over from the stream at once; before its rows are copied that is refused with MIGRATION_CUTOVER_TOO_EARLY. ' +
    'Of a host chosen services are stopped, the last delta is carried over, and the target is started and probed; where it is not proved, the source goes on serving.',
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
    'The source stays the place to use. Objects at the target are not deleted. The target of a database is frozen, its last changes are carried back, then the source is opened. The services of a host are started again; what was written at its target is not carried back.',
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
  rehearseMigration,
  cutoverMigration,
  finalizeMigration,
  rollbackMigration,
  retryMigration,
];
