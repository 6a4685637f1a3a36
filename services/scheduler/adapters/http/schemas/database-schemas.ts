import { z } from 'zod';
import { databaseScope } from '../../../domain/migration/database-scope';
import { certificateProblem, databaseHostProblem, databaseNameProblem, defaultTlsMode } from './endpoint-location-rules';
import { checked, count, plainText, request, response, timestamp, withoutUndefined } from './named-schema';
import { tlsChoice, tlsInput, way, wayInput } from './network-schemas';

const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

export const postgresLocationInput = request(
  'PostgresLocationInput',
  z
    .strictObject({
      kind: z.literal('postgres'),
      host: checked(z.string().min(1).max(253), databaseHostProblem).describe(
        'A name, an address, or the absolute folder of a Unix socket.',
      ),
      port: z.int().min(1).max(65_535).default(5_432),
      database: checked(z.string().min(1), databaseNameProblem),
      user: checked(z.string().min(1), databaseNameProblem),
      tlsMode: z
        .enum(TLS_MODES)
        .optional()
        .describe("As libpq's sslmode. Left out: verify-full, and disable for a Unix socket and for this machine's loopback."),
      tlsCaPem: checked(z.string().max(65_536), certificateProblem)
        .optional()
        .describe('Certificates trusted in addition to those of the system.'),
      tls: tlsInput.optional(),
      via: z
        .array(wayInput)
        .max(4)
        .optional()
        .describe('Proxies and bastions on the way, in the order of travel. Absent: reached directly.'),
    })
    .transform((location) => ({ ...location, tlsMode: location.tlsMode ?? defaultTlsMode(location.host) })),
);

export const postgresLocation = z.object({
  kind: z.literal('postgres'),
  host: z.string(),
  port: z.number(),
  database: z.string(),
  user: z.string(),
  tlsMode: z.enum(TLS_MODES),
  tlsCaPem: z.string().optional(),
  tls: tlsChoice.optional(),
  via: z.array(way).optional(),
});

const MODES = ['live', 'snapshot'] as const;
const TARGET_POLICIES = ['refuse', 'append', 'replace'] as const;
const VERIFY_LEVELS = ['content', 'counts', 'frozen'] as const;

const globs = () => z.array(z.string().min(1).max(1_024)).max(1_000);
const jobs = () => z.int().min(0).max(64).optional().describe('0: chosen by the migrator.');

/** Types and forms only: how the fields have to fit together is the domain's to say (`database-rules.ts`). */
export const databaseScopeInput = request(
  'DatabaseScopeInput',
  z
    .strictObject({
      includeSchemas: globs().optional().describe("Globs. All four empty: everything that is not the server's own."),
      excludeSchemas: globs().optional(),
      includeTables: globs().optional().describe('Globs over "schema.table".'),
      excludeTables: globs().optional(),
      rows: z
        .array(z.strictObject({ table: plainText(255), where: z.string().min(1).max(8_192) }))
        .max(1_000)
        .optional()
        .describe('Only these rows of a table: the condition of a WHERE clause over its own columns.'),
      renames: z
        .array(z.strictObject({ from: plainText(255), to: plainText(63) }))
        .max(1_000)
        .optional()
        .describe('"schema" or "schema.table" at the source, and its name at the target.'),
      tablespaces: z
        .array(z.strictObject({ from: plainText(63), to: plainText(63) }))
        .max(1_000)
        .optional()
        .describe('A tablespace of the source, and the one of the target for what lies in it. What lies in others goes to the default.'),
      columns: z
        .array(
          z.strictObject({
            table: plainText(255),
            exclude: z.array(plainText(63)).max(1_600).default([]),
            renames: z
              .array(z.strictObject({ from: plainText(63), to: plainText(63) }))
              .max(1_600)
              .default([]),
          }),
        )
        .max(1_000)
        .optional()
        .describe(
          'Columns of a table ("schema.table"; for partitions their root) that the target is not given, and others that have another name there.',
        ),
      mode: z.enum(MODES).optional().describe('live: changes are streamed until the cutover. snapshot: one consistent copy.'),
      targetPolicy: z
        .enum(TARGET_POLICIES)
        .optional()
        .describe(
          'What becomes of tables of those names at the target: the precheck stops, rows are added to them, or they are dropped first.',
        ),
      largeObjects: z.boolean().optional(),
      roles: z.boolean().optional().describe('Owners, grants and the roles they name.'),
      publications: z.boolean().optional().describe('Publications of the source, for whoever subscribes to the target.'),
      tableJobs: jobs(),
      indexJobs: jobs(),
      verify: z
        .enum(VERIFY_LEVELS)
        .optional()
        .describe(
          'content: digests of every row at both sides. counts: numbers of rows. frozen: as content, all of it while the source stands still, which lengthens the downtime.',
        ),
      quarantineCap: z.int().min(0).max(100_000).optional(),
      reverse: z.boolean().optional().describe('Stream back from target to source after the cutover, for a rollback. Live mode only.'),
      maxRetainedWalBytes: z
        .int()
        .min(0)
        .max(Number.MAX_SAFE_INTEGER)
        .optional()
        .describe(
          'Log that the source may keep for the migration; past it the slot is dropped on purpose. 0: half of the database, 10 GiB at least.',
        ),
    })
    .transform((scope) => databaseScope(withoutUndefined(scope))),
);

export const databaseScopeAnswer = response(
  'DatabaseScope',
  z.object({
    includeSchemas: z.array(z.string()),
    excludeSchemas: z.array(z.string()),
    includeTables: z.array(z.string()),
    excludeTables: z.array(z.string()),
    rows: z.array(z.object({ table: z.string(), where: z.string() })),
    renames: z.array(z.object({ from: z.string(), to: z.string() })),
    tablespaces: z.array(z.object({ from: z.string(), to: z.string() })).default([]),
    columns: z
      .array(
        z.object({
          table: z.string(),
          exclude: z.array(z.string()),
          renames: z.array(z.object({ from: z.string(), to: z.string() })),
        }),
      )
      .default([]),
    mode: z.enum(MODES),
    targetPolicy: z.enum(TARGET_POLICIES),
    largeObjects: z.boolean(),
    roles: z.boolean(),
    publications: z.boolean().default(false),
    tableJobs: count(),
    indexJobs: count(),
    verify: z.enum(VERIFY_LEVELS),
    quarantineCap: count(),
    reverse: z.boolean(),
    maxRetainedWalBytes: count(),
  }),
);

export const streamState = response(
  'StreamState',
  z.object({
    appliedPosition: z.string().describe('Up to which changes are applied, in the notation of the side that is streamed from.'),
    sourcePosition: z.string(),
    lagBytes: count(),
    lagMs: count().describe('Age of the oldest change that is not applied yet.'),
    retainedBytes: count().describe('Log that is kept for the migration at the side that is streamed from.'),
    fullAt: timestamp().nullable().describe('When its disk is full at this rate; null: not in sight.'),
    syncingTables: count().default(0).describe('Tables that are copied meanwhile, and whose changes wait for it.'),
    comparisonsWait: z
      .boolean()
      .default(false)
      .describe('Comparisons beside it wait, so that it catches up before the source keeps too much log.'),
    definitionDifferenceCount: count()
      .default(0)
      .describe(
        'Definitions (columns, indexes, constraints, views, functions …) that differ between both ends, when they were last looked at.',
      ),
    definitionDifferences: z.array(z.string()).default([]).describe('The first few of them, in words.'),
  }),
);

export const databaseVerification = response(
  'DatabaseVerification',
  z.object({
    tables: count(),
    sourceRows: count(),
    targetRows: count(),
    sequences: count(),
    objects: count().describe('Indexes, constraints, triggers, views, functions and the like that both sides were asked for.'),
    frozenPosition: z.string(),
    seed: z.string().optional().describe("The key of the rows' hashes (docs/proof.md)."),
    direction: z.enum(['forth', 'back']).optional().describe('back: of a rollback; the position is that of the target.'),
    digests: z
      .array(
        z.object({
          name: z.string(),
          form: z.string(),
          sourceRows: count(),
          targetRows: count(),
          sourceSum: z.string(),
          targetSum: z.string(),
        }),
      )
      .optional()
      .describe('What each table came to at both sides, at most 5,000.'),
  }),
);
