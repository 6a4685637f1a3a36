import { z } from 'zod';
import { MIGRATION_KINDS } from '../../../domain/migration/migration-spec';
import { PHASES, STATUSES } from '../../../domain/migration/phase';
import { count, page, response, timestamp } from './named-schema';

export const migrationSummary = response(
  'MigrationSummary',
  z.object({
    items: z.array(
      z.object({
        workspaceId: z.string(),
        kind: z.enum(MIGRATION_KINDS),
        phase: z.enum(PHASES),
        status: z.enum(STATUSES),
        count: count(),
      }),
    ),
  }),
);

export const migrationEvent = response(
  'MigrationEvent',
  z.object({
    seq: count().describe('Grows with time.'),
    version: count().describe("The migration's version after it."),
    change: z.string().describe('As in the types of events on `smartant.migrations.v1`.'),
    phase: z.enum(PHASES),
    status: z.enum(STATUSES),
    runId: z.string().nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
    traceId: z.string().nullable().describe('Of the call that created the migration.'),
    at: timestamp(),
  }),
);
export const migrationEventPage = page('MigrationEventPage', migrationEvent);

export const endpointHealth = response(
  'EndpointHealthList',
  z.object({
    items: z.array(
      response(
        'EndpointHealth',
        z.object({
          endpointId: z.string(),
          workspaceId: z.string(),
          name: z.string(),
          kind: z.string().describe('Of its location.'),
          failingSince: timestamp().nullable().describe('Null: it can be reached.'),
          failures: count().describe('In a row.'),
          error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
        }),
      ),
    ),
  }),
);
