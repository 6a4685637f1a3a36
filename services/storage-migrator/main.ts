import { telemetry } from './telemetry';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { credentialV1, migratorV1 } from '@smartant/contracts';
import { createEgressGuard, egressSettings } from '@smartant/platform/egress';
import { createEventBus, eventBusConfig, Outbox, OutboxRelay, watchOutboxAge, type EventBus } from '@smartant/platform/events';
import { createRpcClient, startGrpcServer } from '@smartant/platform/grpc';
import { HealthRegistry, startAdminServer } from '@smartant/platform/health';
import { orExit, runService, type OnShutdown } from '@smartant/platform/lifecycle';
import { createLogger, nestLogger } from '@smartant/platform/logging';
import { gauge, registry } from '@smartant/platform/metrics';
import type { Database } from '@smartant/platform/postgres';
import { openServiceIdentity } from '@smartant/platform/tls';
import { ProgressBroadcast } from './adapters/events/progress-broadcast';
import { RunEndedEvents } from './adapters/events/run-ended-events';
import { PlatformObserver } from './adapters/observability/platform-observer';
import { openMigratorDatabase } from './adapters/postgres/open-stores';
import { ResolvedSecrets } from './adapters/scheduler/resolved-secrets';
import { AppModule } from './app.module';
import { composeMigrator, type Migrator } from './compose-migrator';
import { loadStorageMigratorConfig } from './config';
import { createOpenStorage } from './connectors/connectors';

const name = 'storage-migrator';
const config = orExit(name, () => loadStorageMigratorConfig());
const logger = createLogger({ service: name, level: config.SMARTANT_LOG_LEVEL, logsDir: config.SMARTANT_LOGS_DIR });
const observer = new PlatformObserver(logger);
const health = new HealthRegistry({ starting: true });
/** Taken up while it runs when its files are renewed. */
const tlsIdentity = orExit(name, () => openServiceIdentity(config, logger));

void runService({
  name,
  logger,
  start: async (onShutdown) => {
    onShutdown('telemetry', () => telemetry.shutdown());
    const admin = await startAdminServer({ host: config.SMARTANT_BIND, port: config.SMARTANT_ADMIN_PORT, health, registry, logger });
    onShutdown('admin server', () => admin.close());
    const database = await openMigratorDatabase(
      config.SMARTANT_DATABASE_URL,
      { writeDeadlineMs: config.SMARTANT_LATE_WRITE_SECONDS * 1_000 },
      { warn: (message, fields) => logger.warn(fields, message) },
    );
    onShutdown('database', () => database.close());
    health.add('database', async () => void (await database.query('SELECT 1')));
    const bus = await startBus(database, onShutdown);
    const migrator = compose(database, onShutdown);
    watchBacklog(migrator);
    await serve(migrator, onShutdown);
    const progress = new ProgressBroadcast({ bus, contexts: migrator.contexts, runs: migrator.runs, observer });
    progress.start();
    onShutdown('progress', () => progress.stop());
    onShutdown('limits', () => migrator.limits.close());
    migrator.workers.start();
    onShutdown('workers', () => migrator.workers.stop());
    migrator.calendars.start();
    onShutdown('calendars', () => migrator.calendars.stop());
    health.setStarted();
    onShutdown('drain', () => health.setDraining());
  },
});

async function startBus(database: Database, onShutdown: OnShutdown): Promise<EventBus> {
  const bus = createEventBus(eventBusConfig(config, name, logger));
  await bus.start();
  health.addConcerns('event bus', () => bus.concerns());
  onShutdown('event bus', () => bus.close());
  const relay = new OutboxRelay({ database, bus, logger });
  relay.start();
  watchOutboxAge(relay);
  onShutdown('outbox relay', () => relay.close());
  return bus;
}

function compose(database: Database, onShutdown: OnShutdown): Migrator {
  const credentials = createRpcClient(credentialV1.CredentialServiceClient, {
    address: config.SMARTANT_SCHEDULER_ADDRESS,
    tls: tlsIdentity,
    serverName: 'scheduler',
  });
  onShutdown('scheduler client', () => credentials.close());
  const guard = createEgressGuard(egressSettings(config));
  return composeMigrator({
    database,
    openStorage: createOpenStorage({ ...guard, assertAllowed: async (host) => guard.assertLiteralAllowed(host) }),
    secrets: new ResolvedSecrets(credentials),
    events: new RunEndedEvents(new Outbox()),
    observer,
    concurrency: config.SMARTANT_WORKER_CONCURRENCY,
    writeDeadlineMs: config.SMARTANT_LATE_WRITE_SECONDS * 1_000,
  });
}

async function serve(migrator: Migrator, onShutdown: OnShutdown): Promise<void> {
  const app = await NestFactory.create(AppModule.with(migrator), { logger: nestLogger(logger), abortOnError: false });
  onShutdown('grpc server', () => app.close());
  await startGrpcServer(app, {
    services: { 'smartant.migrator.v1.MigratorService': migratorV1.MigratorServiceService },
    url: `${config.SMARTANT_BIND}:${config.SMARTANT_GRPC_PORT}`,
    tls: tlsIdentity,
    health,
    logger,
  });
  await app.init();
}

/** What an autoscaler looks at. Asked for when metrics are scraped. */
function watchBacklog(migrator: Migrator): void {
  const pending = gauge('smartant_shards_pending', 'Shards that wait for a worker');
  Object.assign(pending, {
    collect: async () => pending.set(await migrator.shards.pendingShards().catch(() => Number.NaN)),
  });
}
