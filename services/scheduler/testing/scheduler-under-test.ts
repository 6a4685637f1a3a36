import { randomBytes } from 'node:crypto';
import { prepareEmbeddedBus } from '@smartant/platform/events';
import { createLogger } from '@smartant/platform/logging';
import { openDatabase } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { connectMigrator } from '../adapters/grpc/migrator-client';
import { AesVault } from '../adapters/vault/aes-vault';
import type { Caller, MigrationInput } from '../application/use-cases';
import type { Migration } from '../domain/migration/migration';
import { DEFAULT_STORAGE_SCOPE, NO_LIMITS, type CutoverSpec } from '../domain/migration/migration-spec';
import { openSchedulerCore, type CoreOptions, type SchedulerCore } from '../scheduler-core';
import { ScriptedMigrator } from './scripted-migrator';

export const DEFAULT_WORKSPACE = 'ws_00000000000070008000000000000001';
export const operator: Caller = { userId: 'usr_test', workspaceId: DEFAULT_WORKSPACE, role: 'operator' };
export const CANARY = 'CANARY-SECRET-KEY';

/** One database and one migrator, and as many replicas of the scheduler on them as a test opens. */
export class Rig {
  readonly migrator = new ScriptedMigrator();
  readonly vault = new AesVault(randomBytes(32));
  readonly logLines: string[] = [];
  private readonly killed = new Set<SchedulerCore>();
  private readonly opened: { core: SchedulerCore; client: { close(): void } }[] = [];

  private constructor(readonly databaseUrl: string) {}

  static async open(): Promise<Rig> {
    const rig = new Rig(await freshDatabase());
    const setup = await openDatabase({ url: rig.databaseUrl, schema: 'setup', migrations: [], applicationName: 'spec' });
    await prepareEmbeddedBus(setup, { grantTo: [] });
    await setup.close();
    await rig.migrator.listen();
    return rig;
  }

  /** A replica that has not been started. */
  async replica(options: Partial<CoreOptions> = {}): Promise<SchedulerCore> {
    const client = connectMigrator({ address: this.migrator.address, serverName: 'storage-migrator' });
    const core = await openSchedulerCore({
      databaseUrl: this.databaseUrl,
      bus: { kind: 'embedded' },
      vault: this.vault,
      migrator: client,
      addresses: { assertAllowed: async () => undefined },
      logger: createLogger({ service: 'scheduler', level: 'debug', output: { write: (line) => void this.logLines.push(line) } }),
      version: '0.0.0-spec',
      driver: { claimMs: 1_000, pollMs: 20 },
      ...options,
    });
    this.opened.push({ core, client });
    return core;
  }

  async started(options: Partial<CoreOptions> = {}): Promise<SchedulerCore> {
    const core = await this.replica(options);
    await core.start();
    return core;
  }

  /** Cuts a replica off its database: it stores nothing any more and renews no claim, like a killed process. */
  async kill(core: SchedulerCore): Promise<void> {
    this.killed.add(core);
    await core.database.close();
  }

  async close(): Promise<void> {
    for (const { core, client } of this.opened.splice(0)) {
      await core.stop().catch((error: unknown) => {
        if (!this.killed.has(core)) throw error;
      });
      client.close();
    }
    this.migrator.close();
  }
}

const s3 = (bucket: string): MigrationInput['source'] => ({
  location: { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', region: 'us-east-1', bucket, prefix: '', addressing: 'path' },
  secret: { kind: 's3', accessKeyId: 'access', secretAccessKey: CANARY },
});

/** A migration between two buckets that are given inline. */
export function migrationInput(cutover: Partial<CutoverSpec> = {}): MigrationInput {
  return {
    source: s3('source'),
    target: s3('target'),
    spec: {
      kind: 'storage',
      storage: DEFAULT_STORAGE_SCOPE,
      limits: NO_LIMITS,
      cutover: { mode: 'automatic', sourceFrozen: true, finalize: 'automatic', ...cutover },
      incrementalIntervalSeconds: 3_600,
    },
  };
}

/** Watches until the migration is as wanted; the test's own time limit bounds it. */
export async function until(core: SchedulerCore, id: string, wanted: (migration: Migration) => boolean): Promise<Migration> {
  const ended = new AbortController();
  let last: Migration | undefined;
  try {
    for await (const { migration } of core.useCases.migrations.watch(operator, id, ended.signal)) {
      last = migration;
      if (wanted(migration)) return migration;
    }
  } finally {
    ended.abort();
  }
  throw new Error(`the migration came to rest in ${last?.phase}/${last?.status}: ${JSON.stringify(last?.error)}`);
}

/** Watches until nothing will happen to the migration any more. */
export async function atRest(core: SchedulerCore, id: string): Promise<Migration> {
  let last = await core.useCases.migrations.get(operator, id);
  for await (const { migration } of core.useCases.migrations.watch(operator, id, new AbortController().signal)) last = migration;
  return last;
}

export const inState = (phase: string, status: string) => (migration: Migration) =>
  migration.phase === phase && migration.status === status;

/** Waits for a condition outside of a migration. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
