import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntilReady, type RunningServer } from '../guarded-server';
import { lastingPort } from '../lasting-port';
import { serverFolder } from '../server-folder';
import { copyTree, forgetRunning, takeBaseBackup, writeInto } from './base-backup';
import type { PostgresBinaries } from './postgres-binaries';
import { configureAccess } from './postgres-access';
import { processTree } from './process-tree';
import {
  createDatabaseAt,
  initialisePostgres,
  postgresAnswers,
  servePostgres,
  type StartPostgresOptions,
  type TestPostgres,
} from './start-postgres';

const START_TIMEOUT_MS = 60_000;

/** A PostgreSQL that tests crash and start again on the same data and port. */
export interface RestartablePostgres extends TestPostgres {
  readonly port: number;
  /** False after a crash of ours, or of its own (a full disk), until `start`. */
  isRunning(): boolean;
  /**
   * Kills the server with SIGKILL, as the end of its machine's memory would, or ends it at once as `pg_ctl stop -m immediate` does.
   * What it acknowledged is on the disk.
   */
  crash(how?: 'kill' | 'immediate'): Promise<void>;
  /** Stops all its processes where they are: connections stay, and nobody answers on them. */
  freeze(): void;
  /** Lets a frozen server go on. */
  thaw(): void;
  /** Starts it again; resolves once recovery is over and it takes connections. Nothing when it runs. */
  start(): Promise<void>;
  /** Takes a base backup of the running server; resolves with its name. */
  backUp(): Promise<string>;
  /** Crashes it, keeps all of its data as it is then, as a snapshot of its machine's disk has it, replication slots too, and starts it again; resolves with its name. */
  keepDisk(): Promise<string>;
  /**
   * Crashes the server and puts older data in the place of its own; resolves once it runs on them. With `newTimeline` it comes up
   * as after a recovery from an archive or the promotion of a standby, else as if nothing had happened.
   */
  putBack(backup: string, options?: { newTimeline?: boolean }): Promise<void>;
  /** What it logged last. */
  logTail(): string;
}

export interface RestartablePostgresOptions extends StartPostgresOptions {
  /** An empty folder, for example on a small file system; removed by `stop`. Default: a temporary one. */
  folder?: string;
}

/** Starts one of its own on a lasting port of 127.0.0.1. It dies with this process. */
export async function startRestartablePostgres(options: RestartablePostgresOptions = {}): Promise<RestartablePostgres> {
  const folder = options.folder ?? serverFolder('smartant-postgres-');
  const password = randomBytes(12).toString('hex');
  const binaries = await initialisePostgres(folder, password, options);
  const settings = { ...configureAccess(folder, options.access), ...options.settings };
  const server = new Restartable(folder, await lastingPort(), password, binaries, settings);
  await server.start().catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  return server;
}

class Restartable implements RestartablePostgres {
  readonly url: string;
  readonly adminUrl: string;
  private server: RunningServer | undefined;
  private backups = 0;

  constructor(
    private readonly folder: string,
    readonly port: number,
    password: string,
    private readonly binaries: PostgresBinaries,
    private readonly settings: Record<string, string>,
  ) {
    this.url = this.adminUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  }

  isRunning(): boolean {
    return this.server?.exitStatus() === null;
  }

  logTail(): string {
    return this.server?.logTail() ?? '';
  }

  createDatabase(name: string): Promise<string> {
    return createDatabaseAt(this.adminUrl, name);
  }

  async crash(how: 'kill' | 'immediate' = 'kill'): Promise<void> {
    if (!this.server || !this.isRunning()) return;
    process.kill(postmasterPid(this.folder), how === 'kill' ? 'SIGKILL' : 'SIGQUIT');
    await this.ended(this.server);
  }

  /** The postmaster first, so that it makes no more of those that are stopped next. */
  freeze(): void {
    const postmaster = postmasterPid(this.folder);
    process.kill(postmaster, 'SIGSTOP');
    for (const pid of processTree(postmaster)) signalIfThere(pid, 'SIGSTOP');
  }

  thaw(): void {
    const postmaster = postmasterPid(this.folder);
    for (const pid of processTree(postmaster)) signalIfThere(pid, 'SIGCONT');
  }

  /** Sessions of a killed server hold its shared memory for a moment, and refuse a new one until they are gone. */
  async start(): Promise<void> {
    for (const deadline = Date.now() + START_TIMEOUT_MS; !this.isRunning();) {
      const server = (this.server = servePostgres(this.folder, this.binaries, this.port, this.settings));
      try {
        await waitUntilReady(server, 'PostgreSQL', () => postgresAnswers(this.url), START_TIMEOUT_MS);
      } catch (error) {
        if (server.exitStatus() === null || Date.now() > deadline) throw error;
      }
    }
  }

  async backUp(): Promise<string> {
    const name = `backup-${(this.backups += 1)}`;
    await takeBaseBackup(this.adminUrl, join(this.folder, 'data'), join(this.folder, name));
    return name;
  }

  async keepDisk(): Promise<string> {
    await this.crash();
    const name = `backup-${(this.backups += 1)}`;
    await copyTree(join(this.folder, 'data'), join(this.folder, name));
    forgetRunning(join(this.folder, name));
    await this.start();
    return name;
  }

  async putBack(backup: string, { newTimeline = false }: { newTimeline?: boolean } = {}): Promise<void> {
    await this.crash();
    const data = join(this.folder, 'data');
    rmSync(data, { recursive: true, force: true });
    await copyTree(join(this.folder, backup), data);
    // There is no archive: what the backup itself holds is all there is.
    if (newTimeline) writeInto(data, 'recovery.signal', '');
    await this.start();
  }

  async stop(): Promise<void> {
    if (this.isRunning()) this.thaw();
    await this.server?.stop();
  }

  private async ended(server: RunningServer): Promise<void> {
    while (server.exitStatus() === null) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function postmasterPid(folder: string): number {
  return Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
