import { telemetry } from './telemetry';
import 'reflect-metadata';
import { createEgressGuard, egressSettings } from '@smartant/platform/egress';
import { Outbox } from '@smartant/platform/events';
import { ProgressBroadcast, ResolvedSecrets, RunEndedEvents, runMigratorService } from '@smartant/runs/adapters';
import { databaseProgress } from './adapters/events/database-progress';
import { checkCalls } from './adapters/grpc/check-calls';
import { migratorWire } from './adapters/grpc/migrator-wire';
import { DatabaseObserver } from './adapters/observability/database-observer';
import { watchLag } from './adapters/observability/watch-lag';
import { openMigratorDatabase } from './adapters/postgres/open-stores';
import { databaseSecrets } from './adapters/scheduler/database-secrets';
import { composeMigrator, type Migrator } from './compose-migrator';
import { loadDbMigratorConfig, type DbMigratorConfig } from './config';
import { createDatabaseEngine } from './connectors/connectors';

runMigratorService<DbMigratorConfig, Migrator>({
  name: 'db-migrator',
  telemetry,
  loadConfig: () => loadDbMigratorConfig(),
  openDatabase: (config, warn) => openMigratorDatabase(config.SMARTANT_DATABASE_URL, {}, { warn }),
  compose: ({ config, database, credentials, logger }) => {
    const migrator = composeMigrator({
      database,
      engine: createDatabaseEngine({ guard: createEgressGuard(egressSettings(config)), sockets: config.SMARTANT_EGRESS_ALLOW_LOOPBACK }),
      secrets: new ResolvedSecrets(credentials, databaseSecrets),
      events: new RunEndedEvents(new Outbox()),
      observer: new DatabaseObserver(logger),
      slots: config.SMARTANT_DATABASE_MIGRATIONS,
    });
    watchLag(migrator.active);
    return migrator;
  },
  calls: ({ runs, probing, failures, shards, checks }) => ({
    runs,
    probing,
    failures,
    shards,
    checks: checkCalls(checks),
    wire: migratorWire,
  }),
  progress: ({ runs, active, observer }, bus) =>
    new ProgressBroadcast({ bus, active: () => active.active(), runs, observer, progress: databaseProgress }),
});
