import type { Migration } from '../api/api';

const ROOT = 'ab'.repeat(32);

export const VERIFIED: NonNullable<Migration['verification']> = {
  level: 'content',
  equal: true,
  sourceFrozen: true,
  sourceObjects: 2_000,
  sourceBytes: 5_000_000,
  targetObjects: 2_000,
  targetBytes: 5_000_000,
  sourceRoot: ROOT,
  targetRoot: ROOT,
  bucketCount: 64,
  firstInventory: ROOT,
  secondInventory: ROOT,
  differenceCount: 0,
  waivedCount: 0,
  differences: [],
  asOf: '2026-11-23T01:00:00.000Z',
};

export const DIFFERENT: NonNullable<Migration['verification']> = {
  ...VERIFIED,
  equal: false,
  targetRoot: 'cd'.repeat(32),
  differenceCount: 3,
  differences: [{ key: 'bad\u001b[2Jkey', kind: 'content', detail: 'sha256 differs', waived: false }],
};

/** A migration as the API answers it. */
export function sampleMigration(changes: Partial<Migration> = {}): Migration {
  return {
    id: 'mig_1',
    workspaceId: 'ws_1',
    name: 'photos',
    spec: {
      kind: 'storage',
      sourceEndpointId: 'ep_1',
      targetEndpointId: 'ep_2',
      storage: {
        include: [],
        exclude: [],
        filesFrom: [],
        deletePolicy: 'propagate',
        maxDeletes: 1_000,
        symlinks: 'skip',
        directoryMarkers: true,
        verify: 'content',
        quarantineCap: 1_000,
        partSizeBytes: 0,
      },
      limits: { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 },
      cutover: { mode: 'automatic', sourceFrozen: true, finalize: 'automatic' },
      incrementalIntervalSeconds: 60,
    },
    phase: 'full',
    status: 'running',
    version: 3,
    epoch: 1,
    runId: 'run_1',
    round: 0,
    cutoverRequested: false,
    ledger: {
      listedObjects: 900,
      listedBytes: 2_000_000,
      copiedObjects: 700,
      copiedBytes: 1_572_864,
      unchangedObjects: 0,
      unchangedBytes: 0,
      deletedObjects: 0,
      keptExtraObjects: 0,
      skippedObjects: 0,
      quarantinedObjects: 0,
      verifiedObjects: 0,
      verifiedBytes: 0,
      differentObjects: 0,
      skippedByReason: {},
      retriedRequests: 0,
      listedTables: 0,
      copiedTables: 0,
      quarantinedTables: 0,
      copiedRows: 0,
      builtIndexes: 0,
      appliedTransactions: 0,
      appliedChanges: 0,
      appliedBytes: 0,
      verifiedRows: 0,
      differentRows: 0,
      repairedRows: 0,
      movedSequences: 0,
    },
    shardsTotal: 4,
    shardsDone: 1,
    expectedObjects: 2_000,
    expectedBytes: 5_000_000,
    findings: [],
    error: null,
    verification: null,
    stream: null,
    frozenAt: null,
    openedAt: null,
    stuck: null,
    waitingFor: null,
    timings: [],
    createdAt: '2026-11-23T00:00:00.000Z',
    updatedAt: '2026-11-23T00:00:01.000Z',
    createdBy: 'usr_1',
    ...changes,
  };
}

/** An update of the event stream. */
export function sampleUpdate(changes: Partial<Migration> = {}): object {
  return { migration: sampleMigration(changes), bytesPerSecond: 47_185_920, objectsPerSecond: 350 };
}
