import { Outbox, outboxMigrations } from '@smartant/platform/events';
import { openDatabase, type Database, type IncarnationOptions } from '@smartant/platform/postgres';
import { shardMigrations } from '@smartant/shards';
import type { Stores } from '../../application/ports/stores';
import { expectLateWrites, revalidateRuns, type HolderTimes } from '../../application/runs/revalidate-runs';
import { WRITE_DEADLINE_MS } from '../../domain/write-deadline';
import { RunEndedEvents } from '../events/run-ended-events';
import { FailureRows } from './failure-rows';
import { ProofRows } from './proof-rows';
import { RunRows } from './run-rows';
import { storageMigrations } from './storage-migrations';
import { UploadRows } from './upload-rows';

/**
 * The service's database, migrated; runs are revalidated whenever it turns out to be another incarnation. `times`: those of the composed
 * migrator. Raises what `openDatabase` raises.
 */
export function openMigratorDatabase(
  url: string,
  times: HolderTimes = {},
  incarnation: Pick<IncarnationOptions, 'warn' | 'graceMs' | 'lookMs'> = {},
): Promise<Database> {
  const holders = { writeDeadlineMs: WRITE_DEADLINE_MS, ...times };
  const tools = { stores: createStores(), events: new RunEndedEvents(new Outbox()) };
  return openDatabase({
    url,
    schema: 'storage_migrator',
    applicationName: 'storage-migrator',
    migrations: [...shardMigrations(), ...outboxMigrations(), ...storageMigrations()],
    incarnation: {
      ...incarnation,
      begin: (tx) => revalidateRuns(tx, tools, holders),
      unwitnessed: (tx) => expectLateWrites(tx, holders),
    },
  });
}

export function createStores(): Stores {
  return { runs: new RunRows(), failures: new FailureRows(), uploads: new UploadRows(), proof: new ProofRows() };
}
