import { z } from 'zod';
import { LOG_LEVELS } from '../../../application/ports/log-store';
import { pageQuery, plainText, request, response, timestamp } from './named-schema';
import { failure } from './migration-schemas';

const traceId = () =>
  z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits')
    .describe('32 hexadecimal digits.');

const time = () => z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export const traceSpan = response(
  'TraceSpan',
  z.object({
    traceId: z.string(),
    spanId: z.string(),
    parentSpanId: z.string().nullable().describe('Null: the root of its trace.'),
    name: z.string(),
    service: z.string(),
    host: z.string().describe('The machine or pod that it ran on; empty: not told.'),
    startedAt: timestamp(),
    durationMs: z.number(),
    failed: z.boolean(),
    errorCode: z.string().nullable(),
    message: z.string().nullable().describe('Of the failure.'),
    attributes: z.record(z.string(), z.string()),
  }),
);

const found = {
  store: z.enum(['files', 'jaeger', 'none']).describe('Where was looked. `none`: this installation keeps no traces that it could read.'),
  spans: z.array(traceSpan).describe('Oldest first.'),
  truncated: z.boolean().describe('There are more, which were left out.'),
};

/** Exactly one of them. */
export const unitQuery = z
  .strictObject({
    object: z.string().min(1).max(2_048).optional().describe('The key of an object.'),
    table: z.string().min(1).max(1_024).optional().describe('A table at the source, `schema.table`.'),
    path: z.string().min(1).max(8_192).optional().describe('The absolute path of a file at the source.'),
  })
  .refine(({ object, table, path }) => [object, table, path].filter((name) => name !== undefined).length === 1, {
    error: 'name one unit: object, table or path',
  });

export const unitTrace = response(
  'UnitTrace',
  z.object({
    unit: z.object({ kind: z.enum(['object', 'table', 'path']), name: z.string() }),
    ...found,
    failures: z.array(failure).describe('What stands on record about it: lasts as long as the migration, also when its traces are gone.'),
  }),
);

export const foundTrace = response(
  'FoundTrace',
  z.object({
    traceId: z.string(),
    ...found,
    viewUrl: z.string().nullable().describe('Where Jaeger shows it (SMARTANT_JAEGER_UI_URL); null: this installation names none.'),
  }),
);

const filter = {
  ...pageQuery,
  q: plainText(500).optional().describe('Words, and phrases in double quotes: each must stand in the line, in any case.'),
  service: plainText(100).optional().describe('For example `scheduler`.'),
  level: z.enum(LOG_LEVELS).optional().describe('This level and those above.'),
  host: plainText(253).optional().describe('The machine or pod that wrote it.'),
  traceId: traceId().optional(),
  since: time().optional(),
  until: time().optional(),
};

export const logQuery = z.strictObject({ ...filter });
export const workspaceLogQuery = z.strictObject({ ...filter, migrationId: plainText(100).optional() });
export const platformLogQuery = z.strictObject({
  ...filter,
  migrationId: plainText(100).optional(),
  workspaceId: plainText(100).optional(),
});

const level = z.enum(LOG_LEVELS);

export const logPage = response(
  'LogPage',
  z.object({
    items: z.array(
      response(
        'LogLine',
        z.object({
          id: z.string().describe('Of its content: the same line has the same id wherever it is found.'),
          at: timestamp(),
          level,
          service: z.string(),
          host: z.string(),
          module: z.string().nullable(),
          message: z.string(),
          code: z.string().nullable().describe('Of an error that it tells of.'),
          traceId: z.string().nullable(),
          workspaceId: z.string().nullable(),
          migrationId: z.string().nullable(),
          runId: z.string().nullable(),
          fields: z.record(z.string(), z.unknown()).describe('Everything else of the line.'),
        }),
      ),
    ),
    nextPageToken: z.string().nullable().describe('Of older lines; null: there are none.'),
    store: z.enum(['files', 'elasticsearch', 'loki', 'none']),
  }),
);

const DAY_SECONDS = 86_400;

export const setLogLevelInput = request(
  'SetLogLevel',
  z.strictObject({
    service: plainText(100),
    module: plainText(100).optional().describe('Absent: the whole service.'),
    level,
    forSeconds: z.number().int().min(1).max(DAY_SECONDS).default(600).describe('Then what is configured holds again.'),
  }),
);

const logLevel = response(
  'LogLevelSetting',
  z.object({ service: z.string(), module: z.string().nullable(), level, until: timestamp(), setBy: z.string() }),
);
export { logLevel };
export const logLevels = response('LogLevelSettings', z.object({ items: z.array(logLevel) }));
