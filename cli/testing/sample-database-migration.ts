import type { Migration } from '../api/api';
import { sampleMigration, VERIFIED } from './sample-migration';

export const STREAM: NonNullable<Migration['stream']> = {
  appliedPosition: '0/16B3748',
  sourcePosition: '0/16B3900',
  lagBytes: 1_229,
  lagMs: 120,
  retainedBytes: 3_145_728,
  fullAt: null,
  syncingTables: 0,
  comparisonsWait: false,
  definitionDifferenceCount: 0,
  definitionDifferences: [],
};

export const VERIFIED_DATABASE: NonNullable<Migration['verification']> = {
  ...VERIFIED,
  sourceObjects: 0,
  targetObjects: 0,
  database: { tables: 14, sourceRows: 15_607, targetRows: 15_607, sequences: 3, objects: 42, frozenPosition: '0/16B3900' },
};

/** A migration of a database as the API answers it. */
export function sampleDatabaseMigration(changes: Partial<Migration> = {}): Migration {
  const { ledger, spec, ...rest } = sampleMigration();
  const { sourceEndpointId, targetEndpointId, limits } = spec;
  return {
    ...rest,
    name: 'shop',
    spec: {
      kind: 'database',
      sourceEndpointId,
      targetEndpointId,
      limits,
      cutover: { mode: 'manual', sourceFrozen: false, finalize: 'manual' },
      database: {
        includeSchemas: [],
        excludeSchemas: [],
        includeTables: [],
        excludeTables: [],
        rows: [],
        renames: [],
        tablespaces: [],
        columns: [],
        mode: 'live',
        targetPolicy: 'refuse',
        largeObjects: true,
        roles: false,
        publications: false,
        tableJobs: 0,
        indexJobs: 0,
        verify: 'content',
        quarantineCap: 100,
        reverse: true,
        maxRetainedWalBytes: 0,
      },
    },
    ledger: {
      ...ledger,
      listedObjects: 0,
      listedBytes: 0,
      copiedObjects: 0,
      listedTables: 14,
      copiedTables: 5,
      copiedRows: 7_000,
      copiedBytes: 1_048_576,
      builtIndexes: 2,
    },
    expectedObjects: 14,
    expectedBytes: 4_194_304,
    ...changes,
  };
}
