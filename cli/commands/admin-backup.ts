import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { formatBytes, SmartantError } from '@smartant/kernel';
import { verifyBackup, writeBackup } from '@smartant/platform/backup';
import type { Command } from 'commander';
import { databaseUrlFrom, readKeys, writeKeys } from '../backup/database-location';
import { readPassphrase } from '../backup/passphrase';
import { restoreEmbedded, restoreInto } from '../backup/restore';
import { findDataFolder } from '../backup/data-folder';
import type { Invocation, Runner } from '../invocation';

import { version } from '../version';

interface CommonOptions {
  databaseUrlFile?: string;
  passphraseFile?: string;
}

interface RestoreOptions extends CommonOptions {
  replace?: boolean;
  keysTo?: string;
  yes?: boolean;
  dryRun?: boolean;
}

/** admin backup, admin restore. */
export function addBackupCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  admin
    .command('backup <file>')
    .description(help.adminBackup)
    .option('--include-vault-key', help.includeVaultKey)
    .option('--database-url-file <path>', help.databaseUrlFile)
    .option('--passphrase-file <path>', help.passphraseFile)
    .action(runner.action(backUp));
  admin
    .command('restore <file>')
    .description(help.adminRestore)
    .option('--replace', help.restoreReplace)
    .option('--keys-to <folder>', help.keysTo)
    .option('--database-url-file <path>', help.databaseUrlFile)
    .option('--passphrase-file <path>', help.passphraseFile)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(restore));
}

async function backUp(invocation: Invocation, file: string, options: CommonOptions & { includeVaultKey?: boolean }): Promise<void> {
  const { context, printer, messages } = invocation;
  const path = resolve(context.cwd, file);
  if (existsSync(path)) throw fileExists(path);
  assertWritable(dirname(path));
  const databaseUrl = databaseUrlFrom(context, options.databaseUrlFile);
  const secrets = options.includeVaultKey ? readKeys(context) : {};
  const passphrase = await readPassphrase(context, options.passphraseFile, { twice: true });
  const { at, schemas } = await writeBackup({
    databaseUrl,
    path,
    passphrase,
    version,
    secrets,
    onTable: (table, bytes) => context.terminal.note(messages.backup.table(table, formatBytes(bytes))),
  });
  const result = { file: path, at, bytes: statSync(path).size, schemas: schemas.map(({ name }) => name), secrets: Object.keys(secrets) };
  printer.done(result, messages.backup.done(path, formatBytes(result.bytes)));
  if (result.secrets.length === 0) context.terminal.note(messages.backup.withoutKeys);
}

async function restore(invocation: Invocation, file: string, options: RestoreOptions): Promise<void> {
  const { context, printer, messages } = invocation;
  const path = resolve(context.cwd, file);
  const passphrase = await readPassphrase(context, options.passphraseFile, { twice: false });
  const { manifest, secrets } = await verifyBackup(path, passphrase);
  const summary = messages.backup.found(manifest.at, manifest.version, manifest.schemas.map(({ name }) => name).join(', '));
  if (!(await invocation.confirm(`${summary} ${options.replace ? messages.backup.replaces : messages.backup.fills}`, options))) return;
  const order = { path, passphrase, replace: options.replace ?? false };
  const say = (line: string) => context.terminal.note(line);
  const onTable = (table: string) => say(messages.backup.restoredTable(table));
  if (options.databaseUrlFile || context.env['SMARTANT_BACKUP_DATABASE_URL_FILE']) {
    await restoreInto(databaseUrlFrom(context, options.databaseUrlFile), order, onTable);
    if (options.keysTo) writeKeys(resolve(context.cwd, options.keysTo), secrets);
  } else {
    await restoreEmbedded(context, findDataFolder(context, { mayBeNew: true }), { ...order, secrets }, say);
  }
  printer.done({ file: path, at: manifest.at, restored: true }, messages.backup.restored(manifest.at));
  if (manifest.secrets.length === 0) context.terminal.note(messages.backup.restoredWithoutKeys);
}

/** Before a passphrase is asked for and anything is read. */
function assertWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new SmartantError('CLI_FILE_UNWRITABLE', `No file can be made in ${folder}.`, {
      kind: 'invalid',
      hint: 'Name a file in a folder that is there and that you may write to.',
      cause,
    });
  }
}

function fileExists(path: string): SmartantError {
  return new SmartantError('CLI_FILE_EXISTS', `${path} is already there.`, {
    kind: 'conflict',
    hint: 'Choose another name: an earlier backup is never overwritten.',
  });
}
