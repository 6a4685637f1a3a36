import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabaseAt, startPostgresIn } from './start-postgres';

/**
 * jest gives every spec file globals and modules of its own, but keeps the worker process: a folder named after the process is
 * how the spec files of one worker find the server that the first of them started. The server dies with the worker, and the
 * folder goes with it.
 */
const folderOfThisProcess = join(tmpdir(), `smartant-postgres-of-${process.pid}`);
const noteFile = join(folderOfThisProcess, 'shared.json');

interface Note {
  /** Tells this process from an earlier one with the same id. */
  startedAtMs: number;
  url: string;
}

const processStartedAtMs = Math.round(Date.now() - process.uptime() * 1000);
/** Start time is computed from two clocks, which may step a little apart. */
const CLOCK_SLACK_MS = 5_000;

let starting: Promise<string> | undefined;

async function sharedAdminUrl(): Promise<string> {
  starting ??= findOrStart();
  return starting;
}

async function findOrStart(): Promise<string> {
  if (existsSync(noteFile)) {
    const note = JSON.parse(readFileSync(noteFile, 'utf8')) as Note;
    if (Math.abs(note.startedAtMs - processStartedAtMs) < CLOCK_SLACK_MS) return note.url;
  }
  rmSync(folderOfThisProcess, { recursive: true, force: true });
  mkdirSync(folderOfThisProcess, { mode: 0o700 });
  const { adminUrl } = await startPostgresIn(folderOfThisProcess);
  writeFileSync(noteFile, JSON.stringify({ startedAtMs: processStartedAtMs, url: adminUrl } satisfies Note), { mode: 0o600 });
  return adminUrl;
}

/**
 * An empty database on a server shared by all spec files of this jest worker, started at the first call (2–3 s, then some
 * 50 ms a database). Nothing to clean up: the server and its files go when the worker ends. Resolves with the superuser's URL.
 */
export async function freshDatabase(prefix = 'test'): Promise<string> {
  const adminUrl = await sharedAdminUrl();
  return createDatabaseAt(adminUrl, `${prefix}_${randomBytes(6).toString('hex')}`);
}
