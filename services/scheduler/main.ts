import { telemetry } from './telemetry';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { credentialV1, migrationV1 } from '@smartant/contracts';
import { createEgressGuard, egressSettings, guardedFetch } from '@smartant/platform/egress';
import { eventBusConfig } from '@smartant/platform/events';
import { startGrpcServer } from '@smartant/platform/grpc';
import { HealthRegistry, listenError, startAdminServer } from '@smartant/platform/health';
import { orExit, runService, type OnShutdown } from '@smartant/platform/lifecycle';
import { createLogger, nestLogger } from '@smartant/platform/logging';
import { registry } from '@smartant/platform/metrics';
import { announcePresence, programVersion } from '@smartant/platform/presence';
import { loadSiteFiles, StaticSite } from '@smartant/platform/static-site';
import { openServiceIdentity } from '@smartant/platform/tls';
import { createSchedulerGate, DEFAULT_GATE_SETTINGS, rpcAdmission, type SchedulerGate } from './adapters/admission';
import { noteRefusedCall } from './adapters/grpc-api';
import { connectMigrator } from './adapters/grpc/migrator-client';
import { connectNotifier } from './adapters/grpc/notifier-client';
import { configureHttpApi, CONSOLE_BASE, startTlsEdge } from './adapters/http';
import { DEFAULT_REQUEST_RATE } from './adapters/http/access/request-rate';
import { OpenIdConnectClient } from './adapters/oidc/openid-connect-client';
import { createIdentity } from './adapters/postgres/identity';
import { openStores } from './adapters/records/open-stores';
import { createVault } from './adapters/vault/create-vault';
import type { KeyedVault } from './application/ports/vault';
import type { Identity } from './application/identity/identity';
import { AppModule, type AppOptions } from './app.module';
import { loadSchedulerConfig } from './config';
import { openSchedulerCore, type SchedulerCore } from './scheduler-core';

const name = 'scheduler';
const config = orExit(name, () => loadSchedulerConfig());
const logger = createLogger({ service: name, level: config.SMARTANT_LOG_LEVEL, logsDir: config.SMARTANT_LOGS_DIR });
const egress = createEgressGuard(egressSettings(config));
const health = new HealthRegistry({ starting: true });
/** Taken up while it runs when its files are renewed. */
const tlsIdentity = orExit(name, () => openServiceIdentity(config, logger));
const version = programVersion();

void runService({
  name,
  logger,
  start: async (onShutdown) => {
    onShutdown('telemetry', () => telemetry.shutdown());
    const admin = await startAdminServer({ host: config.SMARTANT_BIND, port: config.SMARTANT_ADMIN_PORT, health, registry, logger });
    onShutdown('admin server', () => admin.close());
    const vault = createVault(config, process.env, logger.child({ module: 'vault' }));
    const core = await openCore(vault, onShutdown);
    const identity = await createIdentity({
      database: core.database,
      vault,
      apiKeyPepper: config.SMARTANT_API_KEY_PEPPER,
      adminPassword: config.SMARTANT_ADMIN_PASSWORD,
      refusals: core.refusals,
      oidcClient: new OpenIdConnectClient(guardedFetch(egress)),
      publicUrl: config.SMARTANT_PUBLIC_URL ?? `http://127.0.0.1:${config.SMARTANT_HTTP_PORT}`,
      onOidcRefusal: (error) => logger.warn({ code: error.code, reasons: reasonsOf(error) }, 'a sign-in with a provider was refused'),
      onLastOwnerKept: (kept) =>
        logger.warn(kept, 'the provider does not give this owner the place any more; it is kept, as the workspace has no other owner'),
      secondFactorRequired: config.SMARTANT_SECOND_FACTOR_REQUIRED,
      sessionLife: {
        idleSeconds: config.SMARTANT_SESSION_IDLE_HOURS * 3_600,
        lifeSeconds: config.SMARTANT_SESSION_MAX_HOURS * 3_600,
      },
    });
    showFirstPassword(identity.firstAdmin);
    await resetSecondFactor(identity);
    const { passwordAdvice } = identity.firstAdmin;
    if (passwordAdvice !== null) logger.warn({ advice: passwordAdvice }, 'the configured password of the administrator is easy to guess');
    health.add('database', async () => void (await core.database.query('SELECT 1')));
    health.addConcerns('event bus', () => core.bus.concerns());
    health.addConcerns('audit trail', () => core.audit.concerns());
    health.addConcerns('key management service', () => [vault.problem()?.message ?? []].flat());
    const { useCases, credentials, refusals } = core;
    const gate = openGate(onShutdown);
    const requestRate = { ...DEFAULT_REQUEST_RATE, requests: config.SMARTANT_MAX_REQUESTS_PER_CALLER };
    const { SMARTANT_MODE: mode, SMARTANT_PUBLIC_URL: publicUrl } = config;
    await serve(
      { useCases, credentials, refusals, identity, gate, requestRate, version, mode, publicUrl, logger: logger.child({ module: 'http' }) },
      onShutdown,
    );
    await core.start();
    health.setStarted();
    onShutdown('drain', () => health.setDraining());
    announcePresence({ bus: core.bus, health, service: name, version, onShutdown });
  },
});

function openGate(onShutdown: OnShutdown): SchedulerGate {
  const settings = {
    ...DEFAULT_GATE_SETTINGS,
    reads: config.SMARTANT_MAX_READS,
    lists: config.SMARTANT_MAX_LISTS,
    reports: config.SMARTANT_MAX_REPORTS,
    streams: config.SMARTANT_MAX_STREAMS,
    shedDelayMs: config.SMARTANT_SHED_DELAY_MS,
  };
  const gate = createSchedulerGate(settings, logger);
  gate.start();
  onShutdown('admission', () => gate.stop());
  return gate;
}

async function openCore(vault: KeyedVault, onShutdown: OnShutdown): Promise<SchedulerCore> {
  const address = config.SMARTANT_STORAGE_MIGRATOR_ADDRESS;
  const migrator = connectMigrator({ address, tls: tlsIdentity, serverName: 'storage-migrator' });
  onShutdown('migrator client', () => migrator.close());
  const databaseMigrator = connectTo('db-migrator', config.SMARTANT_DB_MIGRATOR_ADDRESS, onShutdown);
  const hostMigrator = connectTo('host-migrator', config.SMARTANT_HOST_MIGRATOR_ADDRESS, onShutdown);
  const notifier = connectToNotifier(onShutdown);
  const core = await openSchedulerCore({
    databaseUrl: config.SMARTANT_DATABASE_URL,
    bus: eventBusConfig(config, name, logger.child({ module: 'events' })),
    vault,
    migrator,
    databaseMigrator,
    hostMigrator,
    notifier,
    addresses: egress,
    records: { ...openStores(config, guardedFetch(egress)), traceViewer: config.SMARTANT_JAEGER_UI_URL },
    expectedServices: expectedServices(),
    apiKeyPepper: config.SMARTANT_API_KEY_PEPPER,
    logger,
    version,
    lostKeys: config.SMARTANT_LOST_KEYS,
    alerts: {
      tickMs: config.SMARTANT_ALERT_TICK_SECONDS * 1_000,
      endpointTrialMs: config.SMARTANT_ENDPOINT_TRIAL_SECONDS * 1_000,
    },
    auditRetentionDays: config.SMARTANT_AUDIT_RETENTION_DAYS,
    pools: { changes: config.SMARTANT_DATABASE_CONNECTIONS, reads: config.SMARTANT_DATABASE_READ_CONNECTIONS },
  });
  onShutdown('scheduler', () => core.stop());
  return core;
}

/** Those that this process is told to call, and itself. */
function expectedServices(): string[] {
  const others = {
    'db-migrator': config.SMARTANT_DB_MIGRATOR_ADDRESS,
    'host-migrator': config.SMARTANT_HOST_MIGRATOR_ADDRESS,
    notifier: config.SMARTANT_NOTIFIER_ADDRESS,
  };
  const present = Object.entries(others).filter(([, address]) => address !== undefined);
  return [name, 'storage-migrator', ...present.map(([service]) => service)];
}

/** Undefined for a migrator that this installation does not have. */
function connectTo(serverName: string, address: string | undefined, onShutdown: OnShutdown) {
  if (address === undefined) return undefined;
  const migrator = connectMigrator({ address, tls: tlsIdentity, serverName });
  onShutdown(`${serverName} client`, () => migrator.close());
  return migrator;
}

function connectToNotifier(onShutdown: OnShutdown) {
  const address = config.SMARTANT_NOTIFIER_ADDRESS;
  if (address === undefined) return undefined;
  const notifier = connectNotifier({ address, tls: tlsIdentity, serverName: 'notifier' });
  onShutdown('notifier client', () => notifier.close());
  return notifier;
}

/** Messages alone: the errors themselves may hold what the provider answered. */
function reasonsOf(error: Error): string[] {
  return [error.message, ...(error.cause instanceof Error ? reasonsOf(error.cause) : [])];
}

/** gRPC first: the migrators need it before anybody can start a migration. */
async function serve(options: AppOptions, onShutdown: OnShutdown): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(options), {
    logger: nestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  onShutdown('edges', () => app.close());
  configureHttpApi(app, {
    trustedProxies: config.SMARTANT_TRUSTED_PROXIES,
    limits: { connections: config.SMARTANT_MAX_CONNECTIONS },
    corsOrigins: config.SMARTANT_CORS_ORIGINS,
    console: await openConsole(),
  });
  await startGrpcServer(app, {
    services: {
      'smartant.credential.v1.CredentialService': credentialV1.CredentialServiceService,
      'smartant.migration.v1.MigrationService': migrationV1.MigrationServiceService,
    },
    url: `${config.SMARTANT_BIND}:${config.SMARTANT_GRPC_PORT}`,
    tls: tlsIdentity,
    health,
    logger: logger.child({ module: 'grpc' }),
    admission: rpcAdmission(options.gate),
    onRefused: noteRefusedCall(options.refusals),
  });
  await app.listen(config.SMARTANT_HTTP_PORT, config.SMARTANT_BIND).catch((error: NodeJS.ErrnoException) => {
    throw error.syscall === 'listen' ? listenError(error, config.SMARTANT_BIND, config.SMARTANT_HTTP_PORT) : error;
  });
  await serveTls(app, onShutdown);
}

async function openConsole(): Promise<StaticSite | undefined> {
  if (config.SMARTANT_CONSOLE_DIR === undefined) return undefined;
  return new StaticSite({ files: await loadSiteFiles(config.SMARTANT_CONSOLE_DIR), base: CONSOLE_BASE });
}

async function serveTls(app: NestExpressApplication, onShutdown: OnShutdown): Promise<void> {
  const { SMARTANT_HTTPS_PORT: port, SMARTANT_HTTP_TLS_CERT_FILE: certFile, SMARTANT_HTTP_TLS_KEY_FILE: keyFile } = config;
  if (port === undefined || certFile === undefined || keyFile === undefined) return;
  const host = config.SMARTANT_HTTPS_BIND ?? config.SMARTANT_BIND;
  const limits = { connections: config.SMARTANT_MAX_CONNECTIONS };
  const edge = await startTlsEdge(app, { host, port, files: { certFile, keyFile }, limits, logger });
  onShutdown('TLS edge', () => edge.close());
}

/** Asked for by the environment, which only who runs the platform can set. */
async function resetSecondFactor({ secondFactor }: Identity): Promise<void> {
  const { SMARTANT_RESET_SECOND_FACTOR_OF: username, SMARTANT_RESET_SECOND_FACTOR_BEFORE: before } = config;
  if (username === undefined || before === undefined) return;
  const wasReset = await secondFactor.resetAtStart(username, before);
  logger.warn({ username, before, wasReset }, 'the second factor of a user is reset at each start, if it was enrolled before that time');
}

/** On the terminal only: the log is kept, and read by many. */
function showFirstPassword({ username, generatedPassword }: { username: string; generatedPassword: string | null }): void {
  if (generatedPassword !== null) process.stderr.write(`First start. Sign in as ${username} with the password ${generatedPassword}\n`);
}
