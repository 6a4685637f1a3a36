import { spawn } from 'node:child_process';
import { PassThrough, pipeline } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import type { PgEndpoint } from '../session/pg-session';
import type { PostgresTools } from './find-postgres-tools';

const TAIL_CHARACTERS = 2_000;
/** A table that somebody holds locked: better told than waited for without an end. */
const LOCK_WAIT_MS = 60_000;
/** Of our environment; what else the service has in its own is none of the program's business. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH'];

/**
 * Everything of the source but its rows, as pg_dump writes it; `use` reads it while it is written. Resolves with what `use` makes of it once
 * pg_dump has ended well. Raises POSTGRES_DUMP_FAILED with what pg_dump said.
 */
export async function runPgDump<T>(
  { pgDump }: PostgresTools,
  source: PgEndpoint,
  { snapshot, signal }: { snapshot: string; signal: AbortSignal },
  use: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const { env, dispose } = await source.toolEnvironment(signal);
  try {
    const child = spawn(
      pgDump,
      [
        '--format=custom',
        '--compress=0',
        '--section=pre-data',
        '--section=post-data',
        '--no-password',
        '--encoding=UTF8',
        `--lock-wait-timeout=${LOCK_WAIT_MS}`,
        `--snapshot=${snapshot}`,
      ],
      { env: { ...inheritedEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'], signal },
    );
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-TAIL_CHARACTERS)));
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    // A failure is told by whoever waits for it below.
    ended.catch(() => undefined);
    // At once: what nobody has begun to read when the process ends is thrown away.
    const output = pipeline(child.stdout, new PassThrough(), () => undefined);
    const used = await use(output).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    // Nothing follows the table of contents of a dump without rows.
    child.stdout.destroy();
    if ('error' in used) child.kill();
    const status = await ended.catch((error: unknown) => raiseDumpError(signal, error));
    if (signal.aborted) raiseDumpError(signal, undefined);
    // What we failed at often follows from what pg_dump failed at, which says more.
    if (said !== '' && status !== 0) throw dumpFailed(said.trim());
    if ('error' in used) throw used.error;
    if (status !== 0) throw dumpFailed(`it ended with status ${status}`);
    return used.result;
  } finally {
    await dispose();
  }
}

function raiseDumpError(signal: AbortSignal, error: unknown): never {
  if (signal.aborted) throw new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', cause: error });
  throw dumpFailed(error instanceof Error ? error.message : String(error));
}

function dumpFailed(said: string): SmartantError {
  return new SmartantError('POSTGRES_DUMP_FAILED', `pg_dump could not read the schema: ${said}`, {
    kind: 'precondition',
    retry: { kind: 'backoff' },
    hint: 'Its message names the cause: most often a missing right on a table, or a table that is locked.',
  });
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
