import { Outbox, outboxMigrations } from '@smartant/platform/events';
import { openDatabase, type Database, type IncarnationOptions, type Migration } from '@smartant/platform/postgres';
import { shardMigrations } from '@smartant/shards';
import { expectLateWrites, revalidateRuns, type HolderTimes } from '../revalidate-runs';
import type { RunStore } from '../stores';
import { RunEndedEvents } from './events/run-ended-events';

export interface RunDatabaseOptions {
  url: string;
  /** Of the service: also the name that it is called by at the server, with underscores. */
  service: string;
  /** The service's own steps, after those of shards and outbox. */
  migrations: Migration[];
  stores: { runs: RunStore };
  cleanUpStage: string;
  /** Those of the composed migrator. */
  times: HolderTimes;
  incarnation?: Pick<IncarnationOptions, 'warn' | 'graceMs' | 'lookMs'>;
}

/** The schema of a migrator, and its steps, oldest first. */
export const runSchema = (service: string, migrations: Migration[]): { schema: string; migrations: Migration[] } => ({
  schema: service.replaceAll('-', '_'),
  migrations: [...shardMigrations(), ...outboxMigrations(), ...migrations],
});

/** A migrator's database, migrated; runs are revalidated whenever it turns out to be another incarnation. Raises what `openDatabase` raises. */
export function openRunDatabase({
  url,
  service,
  migrations,
  stores,
  cleanUpStage,
  times,
  incarnation,
}: RunDatabaseOptions): Promise<Database> {
  const tools = { stores, events: new RunEndedEvents(new Outbox()), cleanUpStage };
  return openDatabase({
    url,
    ...runSchema(service, migrations),
    applicationName: service,
    incarnation: {
      ...incarnation,
      begin: (tx) => revalidateRuns(tx, tools, times),
      unwitnessed: (tx) => expectLateWrites(tx, times),
    },
  });
}
