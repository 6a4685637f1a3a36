import { telemetry } from './telemetry';
import 'reflect-metadata';
import { createEgressGuard, egressSettings } from '@smartant/platform/egress';
import { Outbox } from '@smartant/platform/events';
import { ProgressBroadcast, ResolvedSecrets, RunEndedEvents, runMigratorService } from '@smartant/runs/adapters';
import { hostProgress } from './adapters/events/host-progress';
import { migratorWire } from './adapters/grpc/migrator-wire';
import { transcriptCalls } from './adapters/grpc/transcript-calls';
import { HostObserver } from './adapters/observability/host-observer';
import { openMigratorDatabase } from './adapters/postgres/open-stores';
import { hostSecrets } from './adapters/scheduler/host-secrets';
import { composeMigrator, type Migrator } from './compose-migrator';
import { loadHostMigratorConfig, type HostMigratorConfig } from './config';
import { createHostEngine } from './connectors/connectors';

function engineChoices(config: HostMigratorConfig): Parameters<typeof createHostEngine>[0] {
  return {
    guard: createEgressGuard(egressSettings(config)),
    rescueFolder: config.SMARTANT_RESCUE_DIR,
    ...(config.SMARTANT_MACHINES_DIR !== undefined && { machinesFolder: config.SMARTANT_MACHINES_DIR }),
    qemu: {
      acceleration: config.SMARTANT_QEMU_ACCELERATION,
      memoryMiB: config.SMARTANT_QEMU_MEMORY_MIB,
      cpus: config.SMARTANT_QEMU_CPUS,
    },
    startMs: config.SMARTANT_MACHINE_START_SECONDS * 1_000,
    rehearsalHoldSeconds: config.SMARTANT_REHEARSAL_HOLD_SECONDS,
  };
}

runMigratorService<HostMigratorConfig, Migrator>({
  name: 'host-migrator',
  telemetry,
  loadConfig: () => loadHostMigratorConfig(),
  openDatabase: (config, warn) => openMigratorDatabase(config.SMARTANT_DATABASE_URL, {}, { warn }),
  compose: ({ config, database, credentials, logger }) =>
    composeMigrator({
      database,
      engine: createHostEngine(engineChoices(config)),
      secrets: new ResolvedSecrets(credentials, hostSecrets),
      events: new RunEndedEvents(new Outbox()),
      observer: new HostObserver(logger),
      slots: config.SMARTANT_HOST_MIGRATIONS,
    }),
  calls: ({ runs, probing, failures, shards, transcripts }) => ({
    runs,
    probing,
    failures,
    shards,
    transcript: transcriptCalls(transcripts),
    wire: migratorWire,
  }),
  progress: ({ runs, active, observer }, bus) =>
    new ProgressBroadcast({ bus, active: () => active.active(), runs, observer, progress: hostProgress }),
});
