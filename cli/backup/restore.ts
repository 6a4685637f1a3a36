import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SmartantError, type ErrorKind } from '@smartant/kernel';
import { restoreBackup } from '@smartant/platform/backup';
import type { CliContext } from '../context';

interface RestoreOrder {
  path: string;
  passphrase: string;
  replace: boolean;
}

/** Into a database that runs, of a platform that does not. */
export async function restoreInto(databaseUrl: string, order: RestoreOrder, onTable: (table: string) => void): Promise<void> {
  await restoreBackup({ databaseUrl, ...order, onTable });
}

/**
 * Into a data folder of `npm start`, new or not: its database is started for as long as it takes. The passphrase and the keys go through a
 * pipe. Raises what `restoreBackup` and a start raise.
 */
export async function restoreEmbedded(
  { env }: CliContext,
  dataFolder: string,
  order: RestoreOrder & { secrets: Record<string, string> },
  say: (line: string) => void,
): Promise<void> {
  const script = join(__dirname, '..', '..', '..', 'tools', 'start', 'restore.mjs');
  if (!existsSync(script)) throw notEmbedded();
  const child = spawn(process.execPath, [script], { env: { ...env, SMARTANT_DATA: dataFolder }, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(order));
  let failure: { code: string; message: string; hint?: string; kind?: ErrorKind } | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"error":')) failure = (JSON.parse(line) as { error: typeof failure }).error;
    else say(line);
  }
  const status = await ended;
  if (failure) throw new SmartantError(failure.code, failure.message, { kind: failure.kind ?? 'precondition', hint: failure.hint });
  if (status !== 0) throw new SmartantError('CLI_RESTORE_ENDED', `The restore ended with status ${status}.`, { kind: 'internal' });
}

function notEmbedded(): SmartantError {
  return new SmartantError('CLI_DATA_FOLDER_NOT_FOUND', 'This installation does not bring the embedded platform.', {
    kind: 'invalid',
    hint: 'Name the database with --database-url-file.',
  });
}
