import { newId, SmartantError } from '@smartant/kernel';
import type { Database } from '@smartant/platform/postgres';
import { hasEnded, type HolderTimes, type Limits } from '@smartant/runs';
import { freshDatabase } from '@smartant/test-servers';
import { openMigratorDatabase } from '../adapters/postgres/open-stores';
import type { Observer } from '../application/ports/observer';
import type { RunView } from '../application/runs/run-view';
import { composeMigrator, type Migrator } from '../compose-migrator';
import type { HostScope } from '../domain/host-scope';
import type { Endpoint, RunOrder } from '../domain/run';
import type { RunPhase } from '../domain/stages';
import { MemoryHost } from './memory-host';
import { MemoryEngine } from './memory-engine';
import { WHOLE_SCOPE } from './whole-scope';

const silent: Observer = {
  span: (_name, _attributes, work) => work(),
  unit: (_name, _attributes, work) => work(),
  failure: () => 'f'.repeat(32),
  carryTrace: () => ({}),
  underTrace: (_carrier, work) => work(),
  info: () => undefined,
  warn: () => undefined,
  claimed: () => undefined,
  counted: () => undefined,
};

/** A migration under test: what its runs are ordered with, and what it has been through. */
export interface TestMigration {
  id: string;
  source: Endpoint;
  target: Endpoint;
  from: MemoryHost;
  to: MemoryHost;
  scope: HostScope;
  limits: Limits;
  epoch: number;
}

/** The whole migrator on a real Postgres, over hosts in memory; processes can be added and killed. */
export class MigratorRig {
  readonly hosts = new Map<string, MemoryHost>();
  readonly engine = new MemoryEngine(this.hosts);
  /** Runs whose secrets a process has given up. */
  readonly released = new Set<string>();
  readonly ended: { runId: string; status: string }[] = [];
  readonly warnings: { message: string; attributes: object; error: unknown }[] = [];
  private readonly migrators: Migrator[] = [];

  private constructor(readonly database: Database) {}

  static async start(times: HolderTimes = {}, url?: string): Promise<MigratorRig> {
    return new MigratorRig(await openMigratorDatabase(url ?? (await freshDatabase('hostmigrator')), times, { lookMs: 100 }));
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.migrators.map(async ({ workers, calendars, limits }) => {
        await Promise.all([workers.stop(), calendars.stop()]);
        await limits.close();
      }),
    );
    await this.database.close();
  }

  /**
   * Another process of the service, at work. `kill` cuts it off from the database, as kill -9 would; `engine` stands for connections of its
   * own. `failing`: raises in place of a statement's answer, after or before it was carried out.
   */
  process(options: HolderTimes & { slots?: number; engine?: MemoryEngine } = {}) {
    let alive = true;
    let losesAnswers = false;
    const connected = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!alive) throw unavailable();
      return work();
    };
    const { database } = this;
    const migrator = composeMigrator({
      database: {
        ...database,
        query: (sql, params) => connected(() => database.query(sql, params)),
        transaction: async (work) => {
          const result = await connected(() => database.transaction(async (tx) => connected(() => work(tx))));
          if (losesAnswers) throw unavailable();
          return result;
        },
      },
      engine: options.engine ?? this.engine,
      secrets: {
        resolve: async () => ({ kind: 'ssh', password: 'secret' }),
        forget: () => undefined,
        release: ({ runId }) => void this.released.add(runId),
      },
      events: { ended: async (_tx, { runId, status }) => void this.ended.push({ runId, status }) },
      observer: { ...silent, warn: (message, attributes, error) => void this.warnings.push({ message, attributes, error }) },
      slots: options.slots ?? 4,
      leaseMs: options.leaseMs,
      writeDeadlineMs: options.writeDeadlineMs,
    });
    this.migrators.push(migrator);
    migrator.workers.start();
    migrator.calendars.start();
    return { ...migrator, kill: () => void (alive = false), loseAnswers: (loses: boolean) => void (losesAnswers = loses) };
  }

  /** A source with some files and an empty target. */
  migration(scope: Partial<HostScope> = {}): TestMigration {
    const [from, to] = [this.make(), this.make()];
    for (let n = 1; n <= 3; n += 1) from.host.files.set(`/srv/f${n}`, `content ${n}`);
    const limits = { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 };
    const scoped = { ...WHOLE_SCOPE, ...scope };
    return { id: newId('mig'), source: from.endpoint, target: to.endpoint, from: from.host, to: to.host, scope: scoped, limits, epoch: 0 };
  }

  private make(): { host: MemoryHost; endpoint: Endpoint } {
    const [host, name] = [new MemoryHost(), newId('ep')];
    this.hosts.set(name, host);
    const location = { kind: 'ssh', host: name, port: 22, user: 'root', hostKeys: ['SHA256:x'], become: 'none' } as const;
    return { host, endpoint: { id: newId('ep'), workspaceId: 'ws', location: { ...location, hostKeys: [...location.hostKeys] } } };
  }

  order(migration: TestMigration, phase: RunPhase): RunOrder {
    migration.epoch += 1;
    const { id: migrationId, source, target, scope, limits, epoch } = migration;
    return {
      runId: newId('run'),
      migrationId,
      workspaceId: 'ws',
      epoch,
      phase,
      round: 1,
      source,
      target,
      scope,
      limits,
      sourceFrozen: false,
    };
  }

  async start(migrator: Migrator, migration: TestMigration, phase: RunPhase): Promise<string> {
    return (await migrator.runs.start(this.order(migration, phase))).run.runId;
  }

  /** Starts a run and waits for its end. */
  async run(migrator: Migrator, migration: TestMigration, phase: RunPhase): Promise<RunView> {
    return this.end(migrator, await this.start(migrator, migration, phase));
  }

  end(migrator: Migrator, runId: string): Promise<RunView> {
    return this.until(migrator, runId, ({ run }) => hasEnded(run.status));
  }

  async until(migrator: Migrator, runId: string, condition: (view: RunView) => boolean | Promise<boolean>): Promise<RunView> {
    const deadline = performance.now() + 50_000;
    for (;;) {
      const view = await migrator.runs.get(runId);
      if (await condition(view)) return view;
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(view)} after ${JSON.stringify(this.warnings.slice(-3))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function unavailable(): SmartantError {
  return new SmartantError('DATABASE_UNAVAILABLE', 'killed', { kind: 'unavailable', retry: { kind: 'backoff' } });
}
