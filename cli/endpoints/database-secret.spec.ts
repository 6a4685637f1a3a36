import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../context';
import { en } from '../messages/en';
import { findDatabaseSecret } from './database-secret';
import type { PostgresTarget } from './postgres-url';

const target: PostgresTarget = { kind: 'postgres', host: 'db', database: 'shop', user: 'ann' };
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'smartant-password-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const asked: string[] = [];
const context = (env: CliContext['env'], typed?: string): CliContext => {
  asked.length = 0;
  const terminal = { canAsk: typed !== undefined, askHidden: async (question: string) => (asked.push(question), typed ?? '') };
  return { env, cwd: folder, homeDir: folder, terminal: terminal as never, messages: en, signal: new AbortController().signal, fetch };
};
const find = (env: CliContext['env'], options: { side?: 'source' | 'target'; file?: string; typed?: string } = {}) =>
  findDatabaseSecret(context(env, options.typed), options.side, target, options.file);

it('is the side’s own, then that of both', async () => {
  const env = { SMARTANT_SOURCE_PASSWORD: 'one', PGPASSWORD: 'both' };
  expect(await find(env, { side: 'source' })).toEqual({ kind: 'password', password: 'one' });
  expect(await find(env, { side: 'target' })).toEqual({ kind: 'password', password: 'both' });
  expect(await find(env)).toEqual({ kind: 'password', password: 'both' });
  expect(asked).toEqual([]);
});

it('is asked for at a terminal, and none where nobody can be asked', async () => {
  expect(await find({}, { side: 'source', typed: 'typed' })).toEqual({ kind: 'password', password: 'typed' });
  expect(asked).toEqual(['Password of ann@db (empty: none): ']);
  expect(await find({}, { typed: '' })).toEqual({ kind: 'none' });
  expect(await find({}, { side: 'target' })).toEqual({ kind: 'none' });
  // Set to nothing: nobody is asked.
  expect(await find({ SMARTANT_TARGET_PASSWORD: '' }, { side: 'target', typed: 'typed' })).toEqual({ kind: 'none' });
});

it('comes from a file that only its owner can read', async () => {
  const file = join(folder, 'password');
  writeFileSync(file, ' with blanks \n', { mode: 0o600 });
  expect(await find({ PGPASSWORD: 'both' }, { file: 'password' })).toEqual({ kind: 'password', password: ' with blanks ' });
  chmodSync(file, 0o644);
  await expect(find({}, { file: 'password' })).rejects.toMatchObject({ code: 'CLI_FILE_NOT_PRIVATE' });
  const unreadable = (message: string) => ({ code: 'CLI_FILE_UNREADABLE', message: expect.stringContaining(message) });
  await expect(find({}, { file: 'missing' })).rejects.toMatchObject(unreadable('There is no file'));
  writeFileSync(join(folder, 'empty'), '\n', { mode: 0o600 });
  await expect(find({}, { file: 'empty' })).rejects.toMatchObject(unreadable('holds no password'));
});
