import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectProperties, OpenStorage, StorageConnector, StorageSecret } from '@smartant/connectors';
import { newId, SmartantError } from '@smartant/kernel';
import type { Database } from '@smartant/platform/postgres';
import { freshDatabase, startS3, type S3Kind, type S3Server } from '@smartant/test-servers';
import { hasEnded, type HolderTimes, type Limits } from '@smartant/runs';
import { openMigratorDatabase } from '../adapters/postgres/open-stores';
import type { Observer } from '../application/ports/observer';
import type { RunView } from '../application/runs/run-view';
import { composeMigrator, type Migrator } from '../compose-migrator';
import { openStorage } from '../connectors/connectors';
import type { Endpoint, RunOrder, RunPhase, StorageScope } from '../domain/run';

export const NO_PROPERTIES: ObjectProperties = { metadata: {}, tags: {} };

const SCOPE: StorageScope = {
  include: [],
  exclude: [],
  filesFrom: [],
  deletePolicy: 'propagate',
  maxDeletes: 1_000,
  symlinks: 'skip',
  directoryMarkers: true,
  verify: 'content',
  quarantineCap: 1_000,
  partSizeBytes: 0,
};

const silent: Observer = {
  span: (_name, _attributes, work) => work(),
  unit: (_name, _attributes, work) => work(),
  failure: () => 'f'.repeat(32),
  carryTrace: () => ({}),
  underTrace: (_carrier, work) => work(),
  info: () => undefined,
  warn: () => undefined,
  transferred: () => undefined,
  objects: () => undefined,
  retried: () => undefined,
  claimed: () => undefined,
};

/** A migration under test: what its runs are ordered with, and what it has been through. */
export interface TestMigration {
  id: string;
  source: Endpoint;
  target: Endpoint;
  scope: StorageScope;
  limits: Limits;
  epoch: number;
}

export interface ProcessOptions {
  openStorage?: OpenStorage;
  leaseMs?: number;
  writeDeadlineMs?: number;
  splitEveryMs?: number;
  slots?: number;
}

/** The whole migrator on a real Postgres and a real S3 server; processes can be added and killed. */
export class MigratorRig {
  /** Runs whose secrets a process has given up. */
  readonly released = new Set<string>();
  readonly ended: { runId: string; status: string }[] = [];
  readonly notes: ({ message: string } & Record<string, unknown>)[] = [];
  readonly warnings: { message: string; attributes: object; error: unknown }[] = [];
  private readonly migrators: Migrator[] = [];
  private readonly folders: string[] = [];

  private constructor(
    readonly database: Database,
    readonly s3: S3Server,
  ) {}

  static async start(kind: S3Kind = 'sample'): Promise<MigratorRig> {
    return this.on(await freshDatabase('migrator'), {}, kind);
  }

  /** On a database of the test's own. `times`: those of its processes. */
  static async on(url: string, times: HolderTimes, kind: S3Kind = 'sample'): Promise<MigratorRig> {
    const s3 = await startS3(kind);
    return new MigratorRig(await openMigratorDatabase(url, times, { lookMs: 100 }), s3);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.migrators.map(async ({ workers, calendars, limits }) => {
        await Promise.all([workers.stop(), calendars.stop()]);
        await limits.close();
      }),
    );
    await this.database.close();
    await this.s3.stop();
    await Promise.all(this.folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** Another process of the service, at work. `kill` cuts it off from the database, as kill -9 would; what it has begun at the stores goes on. */
  process(options: ProcessOptions = {}): Migrator & { kill(): void } {
    let alive = true;
    const connected = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!alive) throw new SmartantError('DATABASE_UNAVAILABLE', 'killed', { kind: 'unavailable', retry: { kind: 'backoff' } });
      return work();
    };
    const { database } = this;
    const migrator = composeMigrator({
      database: {
        ...database,
        query: (sql, params) => connected(() => database.query(sql, params)),
        transaction: (work) => connected(() => database.transaction(async (tx) => connected(() => work(tx)))),
      },
      openStorage: options.openStorage ?? openStorage,
      secrets: {
        resolve: async (_access, endpoint) => this.secretOf(endpoint as Endpoint),
        forget: () => undefined,
        release: ({ runId }) => void this.released.add(runId),
      },
      events: { ended: async (_tx, { runId, status }) => void this.ended.push({ runId, status }) },
      observer: {
        ...silent,
        info: (message, attributes) => void this.notes.push({ message, ...attributes }),
        warn: (message, attributes, error) => void this.warnings.push({ message, attributes, error }),
      },
      concurrency: 16,
      leaseMs: options.leaseMs,
      writeDeadlineMs: options.writeDeadlineMs,
      splitEveryMs: options.splitEveryMs,
      slots: options.slots,
    });
    this.migrators.push(migrator);
    migrator.workers.start();
    migrator.calendars.start();
    return { ...migrator, kill: () => void (alive = false) };
  }

  async bucket(prefix = ''): Promise<Endpoint> {
    const bucket = `b${newId('ep').slice(-20)}`;
    await this.s3.createBucket(bucket);
    return this.endpointOf(bucket, prefix);
  }

  endpointOf(bucket: string, prefix = ''): Endpoint {
    const { serviceUrl, region } = this.s3;
    return { id: newId('ep'), workspaceId: 'ws', location: { kind: 's3', serviceUrl, region, bucket, prefix, addressing: 'path' } };
  }

  async folder(): Promise<{ path: string; endpoint: Endpoint }> {
    const path = await mkdtemp(join(tmpdir(), 'smartant-tree-'));
    this.folders.push(path);
    return { path, endpoint: { id: newId('ep'), workspaceId: 'ws', location: { kind: 'file', rootPath: path, path: '' } } };
  }

  /** To look at, or change, an endpoint from outside of the migrator. */
  open(endpoint: Endpoint): StorageConnector {
    return openStorage(endpoint.location, { secret: async () => this.secretOf(endpoint), directoryMarkers: true });
  }

  migration(source: Endpoint, target: Endpoint, scope: Partial<StorageScope> = {}): TestMigration {
    const limits = { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 };
    return { id: newId('mig'), source, target, scope: { ...SCOPE, ...scope }, limits, epoch: 0 };
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
      sourceFrozen: true,
    };
  }

  /** Starts a run and waits for its end. */
  async run(migrator: Migrator, migration: TestMigration, phase: RunPhase): Promise<RunView> {
    const { run } = await migrator.runs.start(this.order(migration, phase));
    return this.end(migrator, run.runId);
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

  /** Keys and contents of an endpoint. */
  async contents(endpoint: Endpoint): Promise<Record<string, string>> {
    const { reader } = this.open(endpoint);
    const { signal } = new AbortController();
    const found: Record<string, string> = {};
    for await (const object of reader.list({}, signal)) found[object.key] = (await reader.read(object, signal)).bytes.toString('latin1');
    await reader.close();
    return found;
  }

  async put(endpoint: Endpoint, objects: Record<string, string | Buffer>, properties = NO_PROPERTIES): Promise<void> {
    const { reader, writer } = this.open(endpoint);
    const { signal } = new AbortController();
    const entries = Object.entries(objects);
    const worker = async (): Promise<void> => {
      for (let next = entries.pop(); next; next = entries.pop()) {
        await writer?.put(next[0], Buffer.from(next[1]), properties, { kind: 'any' }, signal);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await reader.close();
  }

  async remove(endpoint: Endpoint, keys: string[]): Promise<void> {
    const { reader, writer } = this.open(endpoint);
    await writer?.remove(keys, new AbortController().signal);
    await reader.close();
  }

  private secretOf(endpoint: Endpoint): StorageSecret {
    if (endpoint.location.kind === 'file') return { kind: 'none' };
    const { accessKeyId, secretAccessKey } = this.s3;
    return { kind: 's3', accessKeyId, secretAccessKey };
  }
}
