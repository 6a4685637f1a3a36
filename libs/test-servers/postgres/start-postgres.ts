import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort, startGuarded, waitUntilReady, type RunningServer } from '../guarded-server';
import { serverFolder } from '../server-folder';
import { postgresBinaries, serverUser, type PostgresBinaries, type PostgresMajor } from './postgres-binaries';
import { configureAccess, type PostgresAccess } from './postgres-access';

export interface TestPostgres {
  /** The superuser on the database `postgres`. */
  url: string;
  /** The same: for what creates databases and roles. */
  adminUrl: string;
  /** Makes an empty database and resolves with the superuser's URL to it. */
  createDatabase(name: string): Promise<string>;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const runFile = promisify(execFile);

/** Durable against a crash of the server's process, which tests cause, but not of the machine: that saves most of the time. */
const SERVER_SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  wal_level: 'logical',
  log_min_messages: 'warning',
  restore_command: 'false',
};

/**
 * Starts a real PostgreSQL of its own on a free port of 127.0.0.1 (2–3 s). It dies with this process. Prefer `freshDatabase` in
 * specs, which shares one server.
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<TestPostgres> {
  return startPostgresIn(serverFolder('smartant-postgres-'), options);
}

export interface StartPostgresOptions {
  /** Default: the one that package-lock.json brings. See `whyNoPostgres(major)`. */
  major?: PostgresMajor;
  settings?: Record<string, string>;
  /** TLS, password methods and the unix socket. */
  access?: PostgresAccess;
}

/** The same in a given empty folder, which is removed with the server. */
export async function startPostgresIn(folder: string, options: StartPostgresOptions = {}): Promise<TestPostgres> {
  try {
    const password = randomBytes(12).toString('hex');
    const binaries = await initialisePostgres(folder, password, options);
    const port = await freePort();
    const server = servePostgres(folder, binaries, port, { ...configureAccess(folder, options.access), ...options.settings });
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    await waitUntilReady(server, 'PostgreSQL', () => postgresAnswers(url), START_TIMEOUT_MS).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return { url, adminUrl: url, createDatabase: (name) => createDatabaseAt(url, name), stop: () => server.stop() };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Makes an empty cluster in `folder`/data, owned by the server's user; resolves with the programs to run it. */
export async function initialisePostgres(
  folder: string,
  password: string,
  { major }: StartPostgresOptions = {},
): Promise<PostgresBinaries> {
  const user = serverUser();
  const binaries = postgresBinaries(folder, major);
  const passwordFile = join(folder, 'password');
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [folder, join(folder, 'data'), passwordFile]) chownSync(path, user.uid, user.gid);
  }
  const options = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await runFile(binaries.initdb, [`--pgdata=${join(folder, 'data')}`, ...options], { ...user, cwd: folder, env: serverEnvironment() });
  return binaries;
}

/** Starts the server on the cluster that was made in `folder`. */
export function servePostgres(folder: string, binaries: PostgresBinaries, port: number, more: Record<string, string> = {}): RunningServer {
  const settings = Object.entries({ ...SERVER_SETTINGS, ...more, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  return startGuarded({
    command: binaries.postgres,
    args: ['-D', join(folder, 'data'), ...settings],
    options: { ...serverUser(), cwd: folder, env: serverEnvironment() },
    logFile: join(folder, 'server.log'),
    folder,
    stopSignal: 'SIGQUIT',
  });
}

/** Only what the server needs: PG* variables of the user must not change it. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } as NodeJS.ProcessEnv;
}

/** Whether it takes connections and answers. */
export async function postgresAnswers(url: string): Promise<boolean> {
  return runAs(url, async (client) => {
    await client.query('SELECT 1');
    return true;
  }).catch(() => false);
}

/** Makes an empty database on the server behind an administrator's URL. */
export async function createDatabaseAt(adminUrl: string, name: string): Promise<string> {
  await runAs(adminUrl, async (client) => client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`));
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.toString();
}

async function runAs<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
