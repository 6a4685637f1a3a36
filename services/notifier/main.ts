import { telemetry } from './telemetry';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { notificationV1 } from '@smartant/contracts';
import { createEgressGuard, egressSettings } from '@smartant/platform/egress';
import { createEventBus, eventBusConfig, hearLogLevels, type EventBus } from '@smartant/platform/events';
import { startGrpcServer } from '@smartant/platform/grpc';
import { HealthRegistry, startAdminServer } from '@smartant/platform/health';
import { orExit, runService, type OnShutdown } from '@smartant/platform/lifecycle';
import { createLogger, nestLogger } from '@smartant/platform/logging';
import { registry } from '@smartant/platform/metrics';
import { announcePresence, programVersion } from '@smartant/platform/presence';
import type { Database } from '@smartant/platform/postgres';
import { openServiceIdentity } from '@smartant/platform/tls';
import { consumeAlerts } from './adapters/events/alert-consumer';
import { startIntakeServer } from './adapters/http/intake-server';
import { notifierTelemetry, watchQueue } from './adapters/observability/notifier-telemetry';
import { openNotifierDatabase } from './adapters/postgres/open-database';
import { AesSecretBox } from './adapters/sealing/aes-secret-box';
import { AppModule } from './app.module';
import { createChannelTypes } from './channels/channel-types';
import { composeNotifier, type Notifier } from './compose-notifier';
import { loadNotifierConfig } from './config';
import { startWatchers } from './watchers/compose-watchers';
import { loadKubeConfig } from './watchers/load-kube-config';
import { watcherOptions } from './watchers/watcher-settings';

const name = 'notifier';
const config = orExit(name, () => loadNotifierConfig());
const logger = createLogger({ service: name, level: config.SMARTANT_LOG_LEVEL, logsDir: config.SMARTANT_LOGS_DIR });
const tlsIdentity = orExit(name, () => openServiceIdentity(config, logger));
const health = new HealthRegistry({ starting: true });

void runService({
  name,
  logger,
  start: async (onShutdown) => {
    onShutdown('telemetry', () => telemetry.shutdown());
    const admin = await startAdminServer({ host: config.SMARTANT_BIND, port: config.SMARTANT_ADMIN_PORT, health, registry, logger });
    onShutdown('admin server', () => admin.close());
    const database = await openNotifierDatabase(config.SMARTANT_DATABASE_URL, config.SMARTANT_DATABASE_CONNECTIONS);
    onShutdown('database', () => database.close());
    health.add('database', async () => void (await database.query('SELECT 1')));
    watchQueue(database);
    const notifier = compose(database);
    await serve(notifier, onShutdown);
    const bus = await takeIn(notifier, onShutdown);
    notifier.start();
    onShutdown('engine', () => notifier.stop());
    await watchCluster(notifier, database, onShutdown);
    health.setStarted();
    onShutdown('drain', () => health.setDraining());
    announcePresence({ bus, health, service: name, version: programVersion(), onShutdown });
  },
});

function compose(database: Database): Notifier {
  const { SMARTANT_NOTIFIER_KEY: key, SMARTANT_NOTIFIER_KEY_PREVIOUS: previous } = config;
  return composeNotifier({
    database,
    kinds: createChannelTypes({ guard: createEgressGuard(egressSettings(config)) }),
    box: new AesSecretBox(previous ? [key, previous] : [key]),
    observer: notifierTelemetry(logger),
    publicUrl: config.SMARTANT_PUBLIC_URL ?? '',
    slots: config.SMARTANT_NOTIFIER_SLOTS,
    retryHours: config.SMARTANT_NOTIFIER_RETRY_HOURS,
    retentionDays: config.SMARTANT_NOTIFIER_RETENTION_DAYS,
    silence: config.SMARTANT_INTAKE_SILENCE_MINUTES,
  });
}

async function serve({ useCases }: Notifier, onShutdown: OnShutdown): Promise<void> {
  const app = await NestFactory.create(AppModule.with(useCases), { logger: nestLogger(logger), abortOnError: false });
  onShutdown('grpc server', () => app.close());
  await startGrpcServer(app, {
    services: { 'smartant.notification.v1.NotificationService': notificationV1.NotificationServiceService },
    url: `${config.SMARTANT_BIND}:${config.SMARTANT_GRPC_PORT}`,
    tls: tlsIdentity,
    health,
    logger,
  });
  await app.init();
}

/** The ways in: events of the scheduler, and other systems by HTTP. */
async function takeIn({ intake }: Notifier, onShutdown: OnShutdown): Promise<EventBus> {
  const bus = createEventBus(eventBusConfig(config, name, logger));
  await bus.start();
  onShutdown('event bus', () => bus.close());
  health.addConcerns('event bus', () => bus.concerns());
  await hearLogLevels(bus, name);
  await consumeAlerts(bus, intake);
  const { SMARTANT_INTAKE_PORT: port, SMARTANT_INTAKE_TOKEN: token } = config;
  if (port === undefined || token === undefined) return bus;
  const server = await startIntakeServer({ host: config.SMARTANT_INTAKE_BIND ?? config.SMARTANT_BIND, port, token, intake, logger });
  onShutdown('intake', () => server.close());
  return bus;
}

/** Nothing where no cluster is to be watched. */
async function watchCluster({ intake }: Notifier, database: Database, onShutdown: OnShutdown): Promise<void> {
  const kubeConfig = await loadKubeConfig(config);
  if (kubeConfig === null) return;
  const watchers = startWatchers({
    kubeConfig,
    intake,
    database,
    logger: logger.child({ module: 'watchers' }),
    options: watcherOptions(config),
  });
  health.addConcerns('kubernetes', () => watchers.health.concerns());
  onShutdown('watchers', () => watchers.stop());
}
