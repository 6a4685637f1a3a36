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
import type { Run } from '../../domain/run';
import { CLEAN_UP_STAGE } from '../../domain/stages';
import { hostMigrations } from './host-migrations';
import { TranscriptRows } from './transcript-rows';

/** See `openRunDatabase`. */
export function openMigratorDatabase(
  url: string,
  times: HolderTimes = {},
  incarnation: RunDatabaseOptions['incarnation'] = {},
): Promise<Database> {
  return openRunDatabase({
    url,
    service: 'host-migrator',
    migrations: hostMigrations(),
    stores: createStores(),
    cleanUpStage: CLEAN_UP_STAGE,
    times,
    incarnation,
  });
}

export function createStores(): Stores {
  const runs = new RunRows<Run>(
    {
      boot: { column: 'boot', json: true },
      prediction: { column: 'prediction', json: true },
      frozenAt: { column: 'frozen_at', time: true },
      openedAt: { column: 'opened_at', time: true },
    },
    [...STAGE_TABLE_NAMES, 'transcript', 'transcript_count'],
  );
  return {
    runs,
    failures: new FailureRows(),
    states: new StateRows(),
    counts: new StageCountRows(),
    transcript: new TranscriptRows(),
  };
}
