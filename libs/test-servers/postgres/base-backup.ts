import { execFile } from 'node:child_process';
import { chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

const run = promisify(execFile);

/**
 * Copies the data of a running server to `into` as a base backup, with the WAL that makes it whole: what was committed when it
 * resolves is in it, and nothing that was committed later.
 */
export async function takeBaseBackup(url: string, data: string, into: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('test', true)`);
    await copyTree(data, into);
    const { rows } = await client.query<{ labelfile: string }>(`SELECT labelfile FROM pg_backup_stop(false)`);
    await copyTree(join(data, 'pg_wal'), join(into, 'pg_wal'));
    writeInto(into, 'backup_label', rows[0]!.labelfile);
    forgetRunning(into);
  } finally {
    await client.end();
  }
}

/** Takes out of copied data what tells of the server that runs on the original. */
export function forgetRunning(data: string): void {
  for (const ofTheRunning of ['postmaster.pid', 'postmaster.opts']) rmSync(join(data, ofTheRunning), { force: true });
}

/** Writes a file that belongs to whom the folder belongs to. */
export function writeInto(data: string, name: string, text: string): void {
  const { uid, gid } = statSync(data);
  writeFileSync(join(data, name), text);
  chownSync(join(data, name), uid, gid);
}

/** With owners and rights. Files may vanish from the source meanwhile. */
export async function copyTree(from: string, into: string): Promise<void> {
  await run('mkdir', ['-p', into]);
  await run('cp', ['-a', `${from}/.`, into]).catch((error: { stderr: string }) => {
    const others = error.stderr.split('\n').filter((line) => line !== '' && !line.includes('No such file'));
    if (others.length > 0) throw new Error(others.join('\n'));
  });
}
