import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { PARENT_FOLDERS, parentFolder } from '../server-folder';
import { createDatabaseAt, startPostgresIn } from './start-postgres';

/**
 * jest gives every spec file globals and modules of its own, but keeps the worker process: a folder named after the process is
 * how the spec files of one worker find the server that the first of them started. The server dies with the worker, and the
 * folder goes with it.
 */
const folderName = `smartant-postgres-of-${process.pid}`;
const noteName = 'shared.json';

interface Note {
  /** Tells this process from an earlier one with the same id. */
  startedAtMs: number;
  url: string;
}

const processStartedAtMs = Math.round(Date.now() - process.uptime() * 1000);
/** Start time is computed from two clocks, which may step a little apart. */
const CLOCK_SLACK_MS = 5_000;

let found: Promise<string> | undefined;

async function sharedAdminUrl(): Promise<string> {
  found ??= findOrStart();
  return found;
}

async function findOrStart(): Promise<string> {
  const url = urlOfEarlier();
  if (url === undefined) return start();
  if (isFirstCallOfFile()) await dropDatabases(url);
  return url;
}

/** The server that an earlier spec file of this process started. */
function urlOfEarlier(): string | undefined {
  for (const parent of PARENT_FOLDERS) {
    const noteFile = join(parent, folderName, noteName);
    if (!existsSync(noteFile)) continue;
    const note = JSON.parse(readFileSync(noteFile, 'utf8')) as Note;
    if (Math.abs(note.startedAtMs - processStartedAtMs) < CLOCK_SLACK_MS) return note.url;
  }
  return undefined;
}

async function start(): Promise<string> {
  const folder = join(parentFolder(), folderName);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  const { adminUrl } = await startPostgresIn(folder);
  isFirstCallOfFile();
  writeFileSync(join(folder, noteName), JSON.stringify({ startedAtMs: processStartedAtMs, url: adminUrl } satisfies Note), { mode: 0o600 });
  return adminUrl;
}

/** A file's globals outlive its modules, which `jest.resetModules` makes anew. */
function isFirstCallOfFile(): boolean {
  const seen = Symbol.for('smartant.shared-postgres.seen');
  const globals = globalThis as { [seen]?: boolean };
  return !globals[seen] && (globals[seen] = true);
}

/** Those of spec files that have ended: what lies in memory must not add up. What is still in use, or cannot be dropped, stays. */
async function dropDatabases(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'
       AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datid = pg_database.oid)`,
    );
    for (const { name } of rows) await client.query(`DROP DATABASE ${client.escapeIdentifier(name)}`).catch(() => undefined);
  } finally {
    await client.end();
  }
}

/**
 * An empty database on a server shared by all spec files of this jest worker, started at the first call (2–3 s, then some
 * 50 ms a database). Nothing to clean up: it goes when the next file asks for one, the server and its files when the worker ends.
 * Resolves with the superuser's URL.
 */
export async function freshDatabase(prefix = 'test'): Promise<string> {
  const adminUrl = await sharedAdminUrl();
  return createDatabaseAt(adminUrl, `${prefix}_${randomBytes(6).toString('hex')}`);
}
