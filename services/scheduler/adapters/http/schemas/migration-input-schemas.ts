import { globProblem } from '@smartant/kernel';
import { z } from 'zod';
import { DEFAULT_PRIORITY, DEFAULT_STORAGE_SCOPE } from '../../../domain/migration/migration-spec';
import { databaseScopeInput } from './database-schemas';
import { locationInput, secretFitsLocation, secretInput } from './endpoint-schemas';
import { hostScopeInput } from './host-schemas';
import { limitsInput } from './limit-schemas';
import { plainText, request, withoutUndefined } from './named-schema';

const whole = (max = Number.MAX_SAFE_INTEGER) => z.int().min(0).max(max);
const glob = z
  .string()
  .min(1)
  .max(1_024)
  .superRefine((value, context) => {
    // Of an empty one its length says so already.
    const problem = value === '' ? undefined : globProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
const globs = () => z.array(glob).max(1_000);

export const endpointRefInput = request(
  'EndpointRefInput',
  z.union([
    z.strictObject({ endpoint: plainText(200).describe('Id or name of a saved endpoint.') }),
    z
      .strictObject({ location: locationInput, secret: secretInput.default({ kind: 'none' }) })
      .superRefine(secretFitsLocation)
      .describe('Given inline: sealed for this migration only, and deleted with it.'),
  ]),
);

/** Types and forms only: how the fields have to fit together is the domain's to say (`spec-rules.ts`). */
const storageScopeInput = request(
  'StorageScopeInput',
  z
    .strictObject({
      include: globs().optional().describe("Globs over keys relative to the source's prefix. Empty: everything."),
      exclude: globs().optional(),
      filesFrom: z.array(z.string().min(1).max(1_024)).max(100_000).optional().describe('When not empty: exactly these keys.'),
      minSizeBytes: whole().optional(),
      maxSizeBytes: whole().optional(),
      deletePolicy: z
        .enum(['keep', 'propagate'])
        .optional()
        .describe('What becomes of objects at the target that the source has not. Left out: propagate into an empty target, else keep.'),
      maxDeletes: whole().optional().describe('A round that would delete more objects stops before its first delete.'),
      symlinks: z.enum(['skip', 'follow']).optional(),
      directoryMarkers: z.boolean().optional(),
      verify: z.enum(['content', 'checksum', 'inventory']).optional(),
      quarantineCap: whole(1_000_000).optional(),
      partSizeBytes: whole(5 * 1024 ** 3)
        .optional()
        .describe('0: chosen by the migrator. Otherwise 5 MiB to 5 GiB.'),
    })
    .transform((scope) => ({ ...DEFAULT_STORAGE_SCOPE, ...withoutUndefined(scope) })),
);

const cutoverInput = request(
  'CutoverInput',
  z.strictObject({
    mode: z.enum(['automatic', 'manual']).default('manual'),
    sourceFrozen: z
      .boolean()
      .default(false)
      .describe(
        'Your word that nothing writes to the source any more. A database is frozen by the cutover itself in mode live; of a host its services are stopped.',
      ),
    finalize: z.enum(['automatic', 'manual']).default('manual'),
  }),
);

export const DEFAULT_INCREMENTAL_INTERVAL_SECONDS = 60;
/** A round walks all files of both sides. */
export const DEFAULT_HOST_INTERVAL_SECONDS = 300;

const commonSpec = {
  limits: limitsInput.prefault({}),
  priority: z.int().min(1).max(9).default(DEFAULT_PRIORITY).describe('Among the migrations of its workspace: 1 (low) to 9 (high).'),
  cutover: cutoverInput.prefault({}),
};

const storageSpecInput = request(
  'StorageSpecInput',
  z.strictObject({
    kind: z.literal('storage'),
    storage: storageScopeInput.prefault({}),
    ...commonSpec,
    incrementalIntervalSeconds: z.int().min(1).max(86_400).default(DEFAULT_INCREMENTAL_INTERVAL_SECONDS),
  }),
);

const databaseSpecInput = request(
  'DatabaseSpecInput',
  z.strictObject({ kind: z.literal('database'), database: databaseScopeInput.prefault({}), ...commonSpec }),
);

const hostSpecInput = request(
  'HostSpecInput',
  z.strictObject({
    kind: z.literal('host'),
    host: hostScopeInput.prefault({}),
    ...commonSpec,
    incrementalIntervalSeconds: z.int().min(1).max(86_400).default(DEFAULT_HOST_INTERVAL_SECONDS),
  }),
);

const specInput = request('MigrationSpecInput', z.discriminatedUnion('kind', [storageSpecInput, databaseSpecInput, hostSpecInput]));

export const migrationInput = request(
  'CreateMigrationRequest',
  z.strictObject({
    name: plainText(120).optional(),
    source: endpointRefInput,
    target: endpointRefInput,
    spec: specInput,
  }),
);

export const cutoverActionInput = request(
  'CutoverRequest',
  z.strictObject({ sourceFrozen: z.boolean().optional().describe('Your word that nothing writes to the source any more.') }),
);

const tables = (what: string) => z.array(plainText(512)).max(1_000).default([]).describe(what);

const wantedFixes = {
  codes: z.array(plainText(64)).max(100).default([]).describe('Of findings. Empty: of all.'),
  includeUnsafe: z.boolean().default(false).describe('Also those that are not safe, which somebody has looked at.'),
};

export const applyFixesInput = request('ApplyFixesRequest', z.strictObject(wantedFixes));

export const precheckFixesInput = request(
  'PrecheckFixesRequest',
  z.strictObject({ migration: migrationInput.describe('As it would be created.'), ...wantedFixes }),
);

export const changeTablesInput = request(
  'ChangeTablesRequest',
  z.strictObject({
    add: tables('Globs over "schema.table": into the scope. They are made at the target, copied, and streamed from then on.'),
    drop: tables('Globs over "schema.table": out of the scope, streamed no longer. What was copied stays at the target.'),
    resync: tables('Tables as "schema.table": emptied at the target and copied again, also where one was put aside.'),
  }),
);

export const resolveFailuresInput = request(
  'ResolveFailuresRequest',
  z
    .strictObject({
      failureIds: z.array(plainText(200)).max(10_000).describe('Empty: all open failures.'),
      resolution: z.enum(['retry', 'waive']),
      reason: z.string().max(1_000).default('').describe('Kept on the record and stated in the report. Required for a waiver.'),
    })
    .superRefine((input, context) => {
      if (input.resolution === 'waive' && input.reason.trim() === '') {
        context.addIssue({ code: 'custom', path: ['reason'], message: 'must say why the objects may be left out' });
      }
    }),
);
