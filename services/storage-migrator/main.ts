import { ProgressBroadcast, ResolvedSecrets, RunEndedEvents, runMigratorService } from '@smartant/runs/adapters';
import { telemetry } from './telemetry';
import 'reflect-metadata';
import { createEgressGuard, egressSettings } from '@smartant/platform/egress';
import { Outbox } from '@smartant/platform/events';
import { migratorWire } from './adapters/grpc/migrator-wire';
import { StorageObserver } from './adapters/observability/storage-observer';
import { watchGates } from './adapters/observability/watch-gates';
import { openMigratorDatabase } from './adapters/postgres/open-stores';
import { storageProgress } from './adapters/events/storage-progress';
import { storageSecrets } from './adapters/scheduler/storage-secrets';
import { composeMigrator, type Migrator } from './compose-migrator';
import { loadStorageMigratorConfig, type StorageMigratorConfig } from './config';
import { createOpenStorage } from './connectors/connectors';

runMigratorService<StorageMigratorConfig, Migrator>({
  name: 'storage-migrator',
  telemetry,
  loadConfig: () => loadStorageMigratorConfig(),
  openDatabase: (config, warn) =>
    openMigratorDatabase(config.SMARTANT_DATABASE_URL, { writeDeadlineMs: config.SMARTANT_LATE_WRITE_SECONDS * 1_000 }, { warn }),
  compose: ({ config, database, credentials, logger }) => {
    const guard = createEgressGuard(egressSettings(config));
    const migrator = composeMigrator({
      database,
      openStorage: createOpenStorage({ ...guard, assertAllowed: async (host) => guard.assertLiteralAllowed(host) }),
      secrets: new ResolvedSecrets(credentials, storageSecrets),
      events: new RunEndedEvents(new Outbox()),
      observer: new StorageObserver(logger),
      concurrency: config.SMARTANT_WORKER_CONCURRENCY,
      writeDeadlineMs: config.SMARTANT_LATE_WRITE_SECONDS * 1_000,
    });
    watchGates({ memory_bytes: migrator.gates.memory, objects: migrator.gates.objects });
    return migrator;
  },
  calls: ({ runs, probing, failures, shards }) => ({ runs, probing, failures, shards, wire: migratorWire }),
  progress: ({ runs, contexts, observer }, bus) =>
    new ProgressBroadcast({ bus, active: () => contexts.active(), runs, observer, progress: storageProgress }),
});
