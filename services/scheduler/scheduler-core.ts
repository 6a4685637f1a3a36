import { systemClock, type Clock } from '@smartant/kernel';
import {
  createEventBus,
  hearLogLevels,
  Outbox,
  OutboxRelay,
  watchOutboxAge,
  type EventBus,
  type EventBusConfig,
} from '@smartant/platform/events';
import type { Logger } from '@smartant/platform/logging';
import type { Database } from '@smartant/platform/postgres';
import { consumeRunEnded } from './adapters/events/run-ended-consumer';
import { ParkedEventDesk } from './adapters/events/parked-event-desk';
import { outboxEvents } from './adapters/events/outbox-events';
import { ProgressHub } from './adapters/events/progress-hub';
import type { LogLevelDesk } from './adapters/logs/log-level-desk';
import { PresenceDesk } from './adapters/presence/presence-desk';
import { EffectTelemetry, publishCensus, publishStuckEffects } from './adapters/observability/effect-telemetry';
import { PostgresUnitOfWork } from './adapters/postgres/postgres-unit-of-work';
import { WAYS_STEP } from './adapters/postgres/scheduler-migrations';
import { dsseReportSigner } from './adapters/proof/dsse-report-signer';
import { alertUseCases } from './application/alerting/alert-service';
import { watchChanges } from './application/alerting/watch-changes';
import { recordIncarnation } from './application/audit/record-incarnation';
import type { AuditKeeper } from './application/audit/audit-keeper';
import type { RefusalLog } from './application/audit/refusal-log';
import { ResolveCredentials } from './application/credentials/resolve-credentials';
import { Driver, type DriverOptions } from './application/driver/driver';
import { keepHouse } from './application/driver/housekeeping';
import { PerformEffect } from './application/driver/perform-effect';
import { Revalidation } from './application/driver/revalidation';
import { revalidateAll } from './application/driver/revalidate-all';
import { EndpointService } from './application/endpoints/endpoint-service';
import { LimitService } from './application/limits/limit-service';
import { FileRootService } from './application/endpoints/file-root-service';
import { DraftService } from './application/migrations/draft-service';
import { MigrationOverview } from './application/migrations/migration-overview';
import { MigrationService } from './application/migrations/migration-service';
import { MigrationShards } from './application/migrations/migration-shards';
import { absentNotifier } from './application/notifications/absent-notifier';
import { openNotifications } from './application/notifications/open-notifications';
import { migratorsOf } from './application/migrators';
import type { AddressGuard } from './application/ports/address-guard';
import type { Migrator } from './application/ports/migrator';
import type { NotificationDesk } from './application/ports/notification-desk';
import type { OlderPrograms } from './application/ports/older-programs';
import type { UnitOfWork } from './application/ports/unit-of-work';
import type { KeyedVault } from './application/ports/vault';
import { ReportIssuer } from './application/report/report-issuer';
import type { SchedulerUseCases } from './application/use-cases';
import { ServiceTopology } from './application/services/service-topology';
import { openTenancy } from './application/tenancy/open-tenancy';
import { openAlerts, USUAL_ALERT_SETTINGS, type AlertParts, type AlertSettings } from './alert-parts';
import { openAudit, runAuditJobs, type AuditParts } from './audit-parts';
import { closePools, openPools, type Pools } from './scheduler-pools';
import { openRecords, type RecordOptions } from './record-parts';
import { openVaultParts, type RotationSettings, type VaultParts } from './vault-parts';

const HOUSEKEEPING_MS = 60_000;
const CENSUS_MS = 10_000;
const LEVELS_MS = 10_000;
const REVALIDATION_LOOK_MS = 1_000;

export interface CoreOptions {
  databaseUrl: string;
  bus: EventBusConfig;
  vault: KeyedVault;
  /** Of object storage and file trees. */
  migrator: Migrator;
  /** Absent: migrations of databases are refused. */
  databaseMigrator?: Migrator;
  /** Absent: migrations of hosts are refused. */
  hostMigrator?: Migrator;
  /** Absent: what is about notifications is refused with NOTIFIER_NOT_CONFIGURED. */
  notifier?: NotificationDesk;
  addresses: AddressGuard;
  /** Where logs and traces can be looked into; absent: nowhere. */
  records?: RecordOptions;
  /** Services that this installation is to have: one of which nothing was heard is told of. */
  expectedServices?: readonly string[];
  /** Secret that API keys are hashed with: the one that identity has. */
  apiKeyPepper: string;
  logger: Logger;
  /** Connections for changes and effects, and for what is only shown. */
  pools?: { changes: number; reads: number };
  /** Of this software, as reports and the API state it. */
  version: string;
  clock?: Clock;
  /** Entries of the audit trail that are older are removed; absent: all are kept for ever. */
  auditRetentionDays?: number;
  driver?: Pick<DriverOptions, 'claimMs' | 'pollMs' | 'concurrency' | 'stuckAfterMs' | 'deadlineMs'>;
  rotation?: RotationSettings;
  alerts?: Partial<AlertSettings>;
  /** Keys of the vault that are lost for good: a start gives up what is sealed under them. */
  lostKeys?: readonly string[];
  /** Stands around every effect: the fault points of tests. */
  wrapEffects?: (effects: PerformEffect) => Pick<PerformEffect, 'perform'>;
  /** Stands around the bus: what tests lose, double or delay. */
  wrapBus?: (bus: EventBus) => EventBus;
}

/** Everything of the scheduler but its edges: what HTTP and gRPC are put in front of. */
export interface SchedulerCore {
  useCases: SchedulerUseCases;
  credentials: ResolveCredentials;
  database: Database;
  bus: EventBus;
  unitOfWork: UnitOfWork;
  driver: Driver;
  /** Looks at everything at once, as the alert rules do by themselves. */
  lookForAlerts(): Promise<void>;
  /** What was refused is written into the audit trail through this. */
  refusals: RefusalLog;
  audit: AuditKeeper;
  /** Revalidates all migrations for a new incarnation of the databases; resolves with how many. Once for each, however often it is called. */
  revalidate(incarnation: string, options?: { isRestored: boolean }): Promise<number>;
  /** Begins to carry events and to drive migrations. */
  start(): Promise<void>;
  /** Gives all claims up, then closes bus and database. */
  stop(): Promise<void>;
}

/** Opens and migrates the database and puts use cases, driver and bus together. Raises DATABASE_* and VAULT_KEY_MISMATCH. */
export async function openSchedulerCore(options: CoreOptions): Promise<SchedulerCore> {
  const { logger, vault, version, clock = systemClock } = options;
  const migrators = migratorsOf({ storage: options.migrator, database: options.databaseMigrator, host: options.hostMigrator });
  const { database, readPool } = await openPools(options);
  const realBus = createEventBus(options.bus);
  const bus = options.wrapBus?.(realBus) ?? realBus;
  const outbox = new Outbox();
  const unitOfWork = new PostgresUnitOfWork(database, (tx) => outboxEvents(outbox, tx), readPool);
  const alerts = openAlerts({ unitOfWork, migrators, bus, logger }, { ...USUAL_ALERT_SETTINGS, ...options.alerts });
  const observer = watchChanges(new EffectTelemetry(logger.child({ module: 'driver' })), (id) => alerts.evaluator.lookSoonAt(id));
  const progress = new ProgressHub(bus);
  const reports = new ReportIssuer({ unitOfWork, vault, signer: dsseReportSigner, migrators, clock, version });
  const performer = new PerformEffect(unitOfWork, migrators, reports);
  const effects = options.wrapEffects?.(performer) ?? performer;
  const isHeld = (): boolean => revalidation.isDue;
  const audit = openAudit(options, { database, readPool, outbox, unitOfWork, reports });
  const driver = new Driver({ unitOfWork, effects, observer, progress, ...options.driver, isHeld });
  const revalidate = (incarnation: string, { isRestored } = { isRestored: false }) =>
    revalidateAll({ unitOfWork, observer, nowMs: () => clock.nowMs(), isRestored }, incarnation);
  const revalidation = new Revalidation({
    incarnation: database.incarnation!,
    revalidate,
    done: (incarnation, migrations) => {
      logger.warn({ incarnation, migrations }, 'migrations were revalidated: the database is another incarnation');
      driver.wake();
      void recordIncarnation(unitOfWork, incarnation, migrations).catch((error: unknown) =>
        logger.error({ err: error, incarnation }, 'the new incarnation could not be written into the audit trail'),
      );
    },
  });
  const records = openRecords(options, { database, bus, unitOfWork, migrators });
  const presence = new PresenceDesk({ query: (sql, params) => database.query(sql, params) }, (error) =>
    logger.warn({ err: error }, 'what a service said of itself could not be kept'),
  );
  const deps = { unitOfWork, migrators, vault, addresses: options.addresses, older: olderPrograms(database), clock, observer, progress };
  const vaultParts = openVaultParts({ ...options, database, unitOfWork, clock });
  await vaultParts
    .prepare()
    .then(() => reports.prepare())
    .catch(async (error: unknown) => {
      await closePools({ database, readPool });
      throw error;
    });
  return {
    useCases: {
      ...alertUseCases(unitOfWork),
      audit: audit.service,
      drafts: new DraftService(unitOfWork),
      overview: new MigrationOverview(unitOfWork),
      endpoints: new EndpointService(deps),
      fileRoots: new FileRootService(unitOfWork),
      limits: new LimitService({ unitOfWork, wakeDriver: (id) => announceLimits(driver, progress, id) }),
      migrations: new MigrationService({ ...deps, wakeDriver: (id, version) => wake(driver, id, version) }),
      logs: records.logs,
      parkedEvents: new ParkedEventDesk(bus, unitOfWork.direct.audit),
      reportKeys: reports,
      shards: new MigrationShards(unitOfWork, migrators),
      topology: new ServiceTopology(presence, options.expectedServices ?? []),
      traces: records.traces,
      vault: vaultParts.service,
      ...openNotifications({ unitOfWork, vault, clock, desk: options.notifier ?? absentNotifier }),
      ...openTenancy({ unitOfWork, apiKeyPepper: options.apiKeyPepper, wakeDriver: (id) => announceLimits(driver, progress, id) }),
    },
    credentials: new ResolveCredentials({ unitOfWork, vault, warn: (fields, message) => logger.warn(fields, message) }),
    database,
    bus,
    unitOfWork,
    driver,
    lookForAlerts: () => alerts.evaluator.lookAtAll(),
    refusals: audit.refusals,
    audit: audit.keeper,
    revalidate,
    ...lifecycle({
      database,
      readPool,
      bus,
      unitOfWork,
      driver,
      revalidation,
      rotator: vaultParts.rotator,
      progress,
      logger,
      audit,
      alerts,
      levels: records.levels,
      presence,
    }),
  };
}

function olderPrograms(database: Database): OlderPrograms {
  return { areGoneForWays: () => database.closeToOlder(WAYS_STEP) };
}

/** A user changed a migration here: what is done for an earlier version of it is outdated, and something else is due. */
function wake(driver: Driver, id: string, version: number | undefined): void {
  driver.migrationChanged(id, version);
  driver.wake();
}

/** Its migrator is to be told new limits: by whichever replica is at it, and by this one's driver if nobody is. */
function announceLimits(driver: Driver, progress: ProgressHub, id: string): void {
  progress.announce(id);
  driver.wake();
}

interface Parts extends Pools {
  bus: EventBus;
  unitOfWork: UnitOfWork;
  driver: Driver;
  revalidation: Revalidation;
  rotator: VaultParts['rotator'];
  progress: ProgressHub;
  logger: Logger;
  audit: AuditParts;
  alerts: AlertParts;
  levels: LogLevelDesk;
  presence: PresenceDesk;
}

function lifecycle({
  database,
  readPool,
  bus,
  unitOfWork,
  driver,
  revalidation,
  rotator,
  progress,
  logger,
  audit,
  alerts,
  levels,
  presence,
}: Parts): Pick<SchedulerCore, 'start' | 'stop'> {
  const relay = new OutboxRelay({ database, bus, logger: logger.child({ module: 'events' }) });
  const timers: NodeJS.Timeout[] = [];
  let auditJobs: { end(): Promise<void> } | undefined;
  let alertJobs: { end(): Promise<void> } | undefined;
  const every = (ms: number, name: string, work: () => Promise<void>) =>
    timers.push(
      setInterval(() => void work().catch((error: unknown) => logger.warn({ err: error, job: name }, 'a periodic job failed')), ms),
    );
  return {
    start: async () => {
      await bus.start();
      progress.onChange((id, version) => driver.migrationChanged(id, version));
      await progress.start();
      await hearLogLevels(bus, 'scheduler');
      await presence.listen(bus);
      await consumeRunEnded(bus, unitOfWork, () => driver.wake());
      relay.start();
      driver.start();
      rotator.start();
      every(REVALIDATION_LOOK_MS, 'revalidation', () => revalidation.look());
      every(HOUSEKEEPING_MS, 'housekeeping', () => keepHouse(unitOfWork));
      every(CENSUS_MS, 'census', () => publishCensus(unitOfWork.direct.migrations));
      every(CENSUS_MS, 'stuck effects', () => publishStuckEffects(unitOfWork.direct.migrations));
      every(LEVELS_MS, 'log levels', () => levels.repeat());
      every(HOUSEKEEPING_MS, 'service presence', () => presence.forgetLost());
      watchOutboxAge(relay);
      auditJobs = runAuditJobs(audit, every);
      alertJobs = alerts.run(every);
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await rotator.stop();
      await driver.stop();
      await alertJobs?.end();
      await auditJobs?.end();
      await relay.close();
      await bus.close();
      await closePools({ database, readPool });
    },
  };
}
