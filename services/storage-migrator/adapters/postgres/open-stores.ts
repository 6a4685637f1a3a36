import { outboxMigrations } from '@smartant/platform/events';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { shardMigrations } from '@smartant/shards';
import type { Stores } from '../../application/ports/stores';
import { FailureRows } from './failure-rows';
import { ProofRows } from './proof-rows';
import { RunRows } from './run-rows';
import { storageMigrations } from './storage-migrations';
import { UploadRows } from './upload-rows';

/** The service's database, migrated. Raises what `openDatabase` raises. */
export function openMigratorDatabase(url: string): Promise<Database> {
  return openDatabase({
    url,
    schema: 'storage_migrator',
    applicationName: 'storage-migrator',
    migrations: [...shardMigrations(), ...outboxMigrations(), ...storageMigrations()],
  });
}

export function createStores(): Stores {
  return { runs: new RunRows(), failures: new FailureRows(), uploads: new UploadRows(), proof: new ProofRows() };
}
