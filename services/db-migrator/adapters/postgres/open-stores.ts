import type { Database } from '@smartant/platform/postgres';
import type { HolderTimes } from '@smartant/runs';
import {
  FailureRows,
  openRunDatabase,
  RunRows,
  STAGE_TABLE_NAMES,
  StageCountRows,
  StateRows,
  type RunDatabaseOptions,
} from '@smartant/runs/adapters';
import type { Stores } from '../../application/ports/stores';
import type { DatabaseScope } from '../../domain/database-scope';
import type { Run } from '../../domain/run';
import { CLEAN_UP_STAGE } from '../../domain/stages';
import { CheckRows } from './check-rows';
import { databaseMigrations } from './database-migrations';

/** See `openRunDatabase`. */
export function openMigratorDatabase(
  url: string,
  times: HolderTimes = {},
  incarnation: RunDatabaseOptions['incarnation'] = {},
): Promise<Database> {
  return openRunDatabase({
    url,
    service: 'db-migrator',
    migrations: databaseMigrations(),
    stores: createStores(),
    cleanUpStage: CLEAN_UP_STAGE,
    times,
    incarnation,
  });
}

/** What a scope has by now. Runs outlive versions: those of an earlier one are taken over while it still runs, and after it. */
const LATER_IN_SCOPE = { tablespaces: [], columns: [], resyncs: [], publications: false } satisfies Partial<DatabaseScope>;

export function createStores(): Stores {
  const runs = new RunRows<Run>(
    {
      stream: { column: 'stream', json: true },
      frozenAt: { column: 'frozen_at', time: true },
      openedAt: { column: 'opened_at', time: true },
    },
    [...STAGE_TABLE_NAMES, 'database_check'],
    undefined,
    LATER_IN_SCOPE,
  );
  return { runs, failures: new FailureRows(), states: new StateRows(), counts: new StageCountRows(), checks: new CheckRows() };
}
