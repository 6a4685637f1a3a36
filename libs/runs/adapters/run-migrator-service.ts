import { NestFactory } from '@nestjs/core';
import { credentialV1, migratorV1 } from '@smartant/contracts';
import type { ServiceSettings } from '@smartant/platform/config';
import { createEventBus, eventBusConfig, hearLogLevels, OutboxRelay, watchOutboxAge, type EventBus } from '@smartant/platform/events';
import { createRpcClient, startGrpcServer, type RpcClient } from '@smartant/platform/grpc';
import { HealthRegistry, startAdminServer } from '@smartant/platform/health';
import { orExit, runService, type OnShutdown } from '@smartant/platform/lifecycle';
import { createLogger, nestLogger, type Logger } from '@smartant/platform/logging';
import { gauge, registry } from '@smartant/platform/metrics';
import { announcePresence, programVersion } from '@smartant/platform/presence';
import type { Database } from '@smartant/platform/postgres';
import { openServiceIdentity } from '@smartant/platform/tls';
import type { CalendarKeeper, SharedLimits, ShardStore, ShardWorkers } from '@smartant/shards';
import type { MigratorCalls } from './grpc/migrator-calls';
import { MigratorModule } from './migrator-module';

/** A migrator that is composed and not at work yet. */
export interface ComposedMigrator extends Pick<MigratorCalls, 'failures'> {
  shards: Pick<ShardStore, 'pendingShards' | 'map'>;
  workers: ShardWorkers;
  calendars: CalendarKeeper;
  limits: SharedLimits;
}

export interface MigratorServiceOptions<
  Config extends ServiceSettings & { SMARTANT_SCHEDULER_ADDRESS: string },
  M extends ComposedMigrator,
> {
  name: string;
  telemetry: { shutdown(): Promise<void> };
  loadConfig: () => Config;
  openDatabase: (config: Config, warn: (message: string, fields: object) => void) => Promise<Database>;
  compose: (parts: {
    config: Config;
    database: Database;
    credentials: RpcClient<typeof credentialV1.CredentialServiceClient.service>;
    logger: Logger;
  }) => M;
  /** What its gRPC server answers with. */
  calls: (migrator: M) => MigratorCalls;
  /** Something that tells of progress on the bus. */
  progress: (migrator: M, bus: EventBus) => { start(): void; stop(): void };
}

/** Runs a migrator as a process: everything of a `main.ts` that is the same for all kinds. */
export function runMigratorService<Config extends ServiceSettings & { SMARTANT_SCHEDULER_ADDRESS: string }, M extends ComposedMigrator>(
  options: MigratorServiceOptions<Config, M>,
): void {
  const { name } = options;
  const config = orExit(name, () => options.loadConfig());
  const logger = createLogger({ service: name, level: config.SMARTANT_LOG_LEVEL, logsDir: config.SMARTANT_LOGS_DIR });
  const service = new MigratorService(options, config, logger);
  void runService({ name, logger, start: (onShutdown) => service.start(onShutdown) });
}

class MigratorService<Config extends ServiceSettings & { SMARTANT_SCHEDULER_ADDRESS: string }, M extends ComposedMigrator> {
  private readonly health = new HealthRegistry({ starting: true });
  /** Taken up while it runs when its files are renewed. */
  private readonly tlsIdentity;

  constructor(
    private readonly options: MigratorServiceOptions<Config, M>,
    private readonly config: Config,
    private readonly logger: Logger,
  ) {
    this.tlsIdentity = orExit(options.name, () => openServiceIdentity(config, logger));
  }

  async start(onShutdown: OnShutdown): Promise<void> {
    const { config, logger, health, options } = this;
    onShutdown('telemetry', () => options.telemetry.shutdown());
    const admin = await startAdminServer({ host: config.SMARTANT_BIND, port: config.SMARTANT_ADMIN_PORT, health, registry, logger });
    onShutdown('admin server', () => admin.close());
    const database = await options.openDatabase(config, (message, fields) => logger.warn(fields, message));
    onShutdown('database', () => database.close());
    health.add('database', async () => void (await database.query('SELECT 1')));
    const bus = await this.startBus(database, onShutdown);
    const migrator = this.compose(database, onShutdown);
    watchBacklog(migrator);
    await this.serve(migrator, onShutdown);
    const progress = options.progress(migrator, bus);
    progress.start();
    onShutdown('progress', () => progress.stop());
    onShutdown('limits', () => migrator.limits.close());
    migrator.workers.start();
    onShutdown('workers', () => migrator.workers.stop());
    migrator.calendars.start();
    onShutdown('calendars', () => migrator.calendars.stop());
    health.setStarted();
    onShutdown('drain', () => health.setDraining());
    announcePresence({ bus, health, service: options.name, version: programVersion(), onShutdown });
  }

  private async startBus(database: Database, onShutdown: OnShutdown): Promise<EventBus> {
    const { config, logger, health, options } = this;
    const bus = createEventBus(eventBusConfig(config, options.name, logger));
    await bus.start();
    health.addConcerns('event bus', () => bus.concerns());
    onShutdown('event bus', () => bus.close());
    await hearLogLevels(bus, options.name);
    const relay = new OutboxRelay({ database, bus, logger: logger.child({ module: 'events' }) });
    relay.start();
    watchOutboxAge(relay);
    onShutdown('outbox relay', () => relay.close());
    return bus;
  }

  private compose(database: Database, onShutdown: OnShutdown): M {
    const { config, logger } = this;
    const credentials = createRpcClient(credentialV1.CredentialServiceClient, {
      address: config.SMARTANT_SCHEDULER_ADDRESS,
      tls: this.tlsIdentity,
      serverName: 'scheduler',
    });
    onShutdown('scheduler client', () => credentials.close());
    return this.options.compose({ config, database, credentials, logger: logger.child({ module: 'runs' }) });
  }

  private async serve(migrator: M, onShutdown: OnShutdown): Promise<void> {
    const { config, logger, health } = this;
    const calls = this.options.calls(migrator);
    const app = await NestFactory.create(MigratorModule.with(calls), { logger: nestLogger(logger), abortOnError: false });
    onShutdown('grpc server', () => app.close());
    const calling = logger.child({ module: 'grpc' });
    await startGrpcServer(app, {
      services: { 'smartant.migrator.v1.MigratorService': migratorV1.MigratorServiceService },
      url: `${config.SMARTANT_BIND}:${config.SMARTANT_GRPC_PORT}`,
      tls: this.tlsIdentity,
      health,
      logger: calling,
    });
    await app.init();
  }
}

/** What an autoscaler looks at, and how full this process is. Asked for when metrics are scraped. */
function watchBacklog({ shards, workers }: ComposedMigrator): void {
  const pending = gauge('smartant_shards_pending', 'Shards that wait for a worker.');
  Object.assign(pending, {
    collect: async () => pending.set(await shards.pendingShards().catch(() => Number.NaN)),
  });
  const busy = gauge('smartant_worker_slots_busy', 'Shards that this process works on.');
  const slots = gauge('smartant_worker_slots', 'Shards that this process may work on at once.');
  Object.assign(busy, {
    collect: () => {
      busy.set(workers.load.held);
      slots.set(workers.load.slots);
    },
  });
}
