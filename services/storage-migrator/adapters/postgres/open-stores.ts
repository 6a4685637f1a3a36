import type { Database } from '@smartant/platform/postgres';
import type { HolderTimes } from '@smartant/runs';
import { openRunDatabase, RunRows, type RunDatabaseOptions } from '@smartant/runs/adapters';
import type { Stores } from '../../application/ports/stores';
import type { Run } from '../../domain/run';
import { CLEAN_UP_STAGE } from '../../domain/stages';
import { WRITE_DEADLINE_MS } from '../../domain/write-deadline';
import { ObjectFailureRows } from './object-failure-rows';
import { ProofRows } from './proof-rows';
import { storageMigrations } from './storage-migrations';
import { UploadRows } from './upload-rows';

/** See `openRunDatabase`. */
export function openMigratorDatabase(
  url: string,
  times: HolderTimes = {},
  incarnation: RunDatabaseOptions['incarnation'] = {},
): Promise<Database> {
  return openRunDatabase({
    url,
    service: 'storage-migrator',
    migrations: storageMigrations(),
    stores: createStores(),
    cleanUpStage: CLEAN_UP_STAGE,
    times: { writeDeadlineMs: WRITE_DEADLINE_MS, ...times },
    incarnation,
  });
}

export function createStores(): Stores {
  const proof = new ProofRows();
  const runs = new RunRows<Run>({ plan: { column: 'plan', json: true } }, ['upload', 'upload_intent', 'difference'], (tx, migrationId) =>
    proof.forgetMigration(tx, migrationId),
  );
  return { runs, failures: new ObjectFailureRows(), uploads: new UploadRows(), proof };
}
