import { z } from 'zod';
import { EFFECTS } from '../../../domain/migration/effects';
import { MIGRATION_KINDS } from '../../../domain/migration/migration-spec';
import { ACTIONS, PHASES, STATUSES } from '../../../domain/migration/phase';
import { WAIT_REASONS } from '../../../domain/migration/states';
import { databaseScopeAnswer, databaseVerification, streamState } from './database-schemas';
import { appliedFix, finding } from './finding-schema';
import { hostLayout } from './host-layout-schemas';
import { bootProof, deltaPrediction, hostScopeAnswer, hostSummary } from './host-schemas';
import { limits } from './limit-schemas';
import { count, page, pageQuery, plainText, response, timestamp } from './named-schema';

const storageScope = response(
  'StorageScope',
  z.object({
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    filesFrom: z.array(z.string()),
    minSizeBytes: count().optional(),
    maxSizeBytes: count().optional(),
    deletePolicy: z.enum(['auto', 'keep', 'propagate']).describe('auto: the precheck decides it.'),
    maxDeletes: count(),
    symlinks: z.enum(['skip', 'follow']),
    directoryMarkers: z.boolean(),
    verify: z.enum(['content', 'checksum', 'inventory']),
    quarantineCap: count(),
    partSizeBytes: count(),
  }),
);

const commonSpec = {
  sourceEndpointId: z.string(),
  targetEndpointId: z.string(),
  limits,
  priority: count().optional().describe('1 (low) to 9 (high). Absent in migrations of older versions: 5.'),
  cutover: z.object({
    mode: z.enum(['automatic', 'manual']),
    sourceFrozen: z.boolean(),
    finalize: z.enum(['automatic', 'manual']),
  }),
};

const storageSpec = response(
  'StorageSpec',
  z.object({ kind: z.literal('storage'), storage: storageScope, ...commonSpec, incrementalIntervalSeconds: count() }),
);
const databaseSpec = response('DatabaseSpec', z.object({ kind: z.literal('database'), database: databaseScopeAnswer, ...commonSpec }));
const hostSpec = response(
  'HostSpec',
  z.object({ kind: z.literal('host'), host: hostScopeAnswer, ...commonSpec, incrementalIntervalSeconds: count() }),
);
const spec = response('MigrationSpec', z.discriminatedUnion('kind', [storageSpec, databaseSpec, hostSpec]));

const ledger = response(
  'Ledger',
  z.object({
    listedObjects: count(),
    listedBytes: count(),
    copiedObjects: count(),
    copiedBytes: count(),
    unchangedObjects: count(),
    unchangedBytes: count(),
    deletedObjects: count(),
    keptExtraObjects: count(),
    skippedObjects: count(),
    quarantinedObjects: count(),
    verifiedObjects: count(),
    verifiedBytes: count(),
    differentObjects: count(),
    skippedByReason: z.record(z.string(), count()),
    retriedRequests: count(),
    listedTables: count().describe('From here on of databases; copiedBytes and verifiedBytes count for them too.'),
    copiedTables: count(),
    quarantinedTables: count(),
    copiedRows: count(),
    builtIndexes: count(),
    appliedTransactions: count(),
    appliedChanges: count(),
    appliedBytes: count(),
    verifiedRows: count(),
    differentRows: count(),
    repairedRows: count(),
    movedSequences: count(),
    listedFiles: count().describe(
      'From here on of hosts: entries of every type; listedBytes, copiedBytes and verifiedBytes count for them too.',
    ),
    copiedFiles: count(),
    unchangedFiles: count(),
    deletedFiles: count(),
    skippedFiles: count(),
    quarantinedFiles: count(),
    verifiedFiles: count(),
    differentFiles: count(),
  }),
);

const phase = response('Phase', z.enum(PHASES));
const status = response('Status', z.enum(STATUSES));

const phaseTiming = response(
  'PhaseTiming',
  z.object({
    phase,
    round: count(),
    startedAt: timestamp(),
    finishedAt: timestamp().optional(),
    outcome: z.enum(['succeeded', 'failed', 'cancelled']).optional(),
  }),
);

const migrationError = response(
  'MigrationError',
  z.object({ code: z.string(), message: z.string(), hint: z.string(), retryable: z.boolean() }),
);

const effectTrouble = response(
  'EffectTrouble',
  z.object({ effect: z.enum(EFFECTS), since: timestamp(), error: migrationError.describe('Of the last attempt.') }),
);

const waitingFor = response(
  'WaitingFor',
  z.object({
    reason: z
      .enum(WAIT_REASONS)
      .describe(
        'resume, retry, cutover, finalize: for that action. next-attempt: the last one failed with `error`; the next one is under way where `until` is past. window: for its calendar. ' +
          'late-writes: a worker was lost, and what it had sent may reach the target until then; what deletes or verifies comes after that.',
      ),
    until: timestamp().nullable().describe('When it goes on by itself; null: only by an action.'),
    error: migrationError.nullable().describe('What failed, for next-attempt.'),
  }),
);

const verification = response(
  'VerificationSummary',
  z.object({
    level: z.enum(['content', 'checksum', 'inventory', 'counts']),
    equal: z.boolean(),
    sourceFrozen: z.boolean(),
    sourceObjects: count(),
    sourceBytes: count(),
    targetObjects: count(),
    targetBytes: count(),
    sourceRoot: z.string(),
    targetRoot: z.string(),
    bucketCount: count(),
    firstInventory: z.string(),
    secondInventory: z.string(),
    differenceCount: count(),
    waivedCount: count(),
    differences: z.array(z.object({ key: z.string(), kind: z.string(), detail: z.string(), waived: z.boolean() })),
    asOf: z.string(),
    database: databaseVerification.nullable().optional().describe('Of a database: its objects are rows. Of a host they are files.'),
  }),
);

export const migration = response(
  'Migration',
  z.object({
    id: z.string(),
    workspaceId: z.string(),
    name: z.string(),
    spec,
    phase,
    status,
    version: count().describe('Grows by one with each change; the ETag.'),
    epoch: count(),
    runId: z.string().nullable(),
    round: count(),
    cutoverRequested: z.boolean(),
    rehearsalRequested: z.boolean().describe('Of a host: a test boot follows the round in progress.'),
    ledger,
    shardsTotal: count(),
    shardsDone: count(),
    expectedObjects: count(),
    expectedBytes: count(),
    findings: z.array(finding),
    error: migrationError.nullable(),
    verification: verification.nullable(),
    stream: streamState
      .nullable()
      .describe('Of a database whose changes are streamed: how far the target is behind. Back to the source in phase reversible.'),
    frozenAt: timestamp().nullable().describe("Of a database or a host: since when its cutover has stopped the source's writers."),
    openedAt: timestamp().nullable().describe('When the target was opened: the downtime ends there.'),
    inventory: hostSummary.nullable().describe('Of a host: what its source is made of, as the precheck saw it.'),
    prediction: deltaPrediction.nullable().describe('Of a host: what the final delta would be now, as the last round saw it.'),
    rehearsal: bootProof.nullable().describe('Of a host: what was seen of the last test boot.'),
    boot: bootProof.nullable().describe('Of a host: what was seen of the target after its boot.'),
    stuck: effectTrouble
      .nullable()
      .describe('Set while what is due for it has not gone through for long; it is still tried again and again.'),
    waitingFor: waitingFor
      .nullable()
      .describe('Why it does not go on by itself, or not yet. Null while something is being done for it, and when it has ended.'),
    allowedActions: z.array(z.enum(ACTIONS)).describe('What can be asked of it now: other actions are refused in this state.'),
    timings: z.array(phaseTiming),
    createdAt: timestamp(),
    updatedAt: timestamp(),
    createdBy: z.string(),
  }),
);
export const migrationPage = page('MigrationPage', migration);

/** Which migrations a list holds. */
export const migrationQuery = z.strictObject({
  ...pageQuery,
  phase: z.enum(PHASES).optional(),
  status: z.enum(STATUSES).optional(),
  kind: z.enum(MIGRATION_KINDS).optional(),
  name: plainText(120).optional().describe('A part of the name, whatever its case, or the whole id.'),
});

export const appliedFixes = response(
  'AppliedFixes',
  z.object({ applied: z.array(appliedFix).describe('In the order in which they were run.'), migration }),
);

export const precheckFixes = response(
  'PrecheckFixes',
  z.object({ applied: z.array(appliedFix).describe('In the order in which they were run.') }),
);

export const precheckResult = response(
  'PrecheckResult',
  z.object({
    findings: z.array(finding),
    estimate: z.object({ objects: count(), bytes: count(), complete: z.boolean() }),
    inventory: z
      .record(z.string(), z.unknown())
      .nullable()
      .optional()
      .describe('Of a host: everything that was read of its source (docs/guides/migrate-host.md).'),
    layout: hostLayout.nullable().optional().describe("Of a host: what the target's disks are to look like."),
  }),
);

export const failure = response(
  'Failure',
  z.object({
    id: z.string(),
    unit: z.string().describe('The key of the object, as it is at the source; of databases schema.table; of hosts an absolute path.'),
    code: z.string(),
    message: z.string(),
    attempts: count(),
    traceId: z.string(),
    firstFailedAt: timestamp(),
    lastFailedAt: timestamp(),
    state: z.enum(['open', 'retrying', 'resolved', 'waived']),
  }),
);
export const failurePage = page('FailurePage', failure);
export const resolvedFailures = response('ResolvedFailures', z.object({ resolved: count() }));

export const watchUpdate = response(
  'WatchUpdate',
  z.object({
    migration,
    bytesPerSecond: z.number(),
    objectsPerSecond: z.number().describe('Of databases: rows, and changes of the stream; of hosts: files.'),
  }),
);

export const dsseEnvelope = response(
  'DsseEnvelope',
  z.object({
    payloadType: z.string(),
    payload: z.string().describe('Base64 of an in-toto statement.'),
    signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
  }),
);
