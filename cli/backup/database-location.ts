import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { CliContext } from '../context';
import { readText } from '../files/read-text';
import { findDataFolder } from './data-folder';

const HINT = 'Check the path and its owner.';

/** What opens sealed secrets (of endpoints, and of channels), checks API keys, and signs the first administrator in; and the variables that hold them in a cluster. */
const KEYS = {
  'master-key': 'SMARTANT_MASTER_KEY',
  'master-keys-extra': 'SMARTANT_MASTER_KEYS_EXTRA',
  'api-key-pepper': 'SMARTANT_API_KEY_PEPPER',
  'admin-password': 'SMARTANT_ADMIN_PASSWORD',
  'notifier-key': 'SMARTANT_NOTIFIER_KEY',
} as const;

/**
 * A role that sees every schema of the platform: from a file, since an argument is seen by every user of the machine; else the superuser
 * of the embedded database. Raises CLI_FILE_UNREADABLE and CLI_DATA_FOLDER_NOT_FOUND.
 */
export function databaseUrlFrom(context: CliContext, file = context.env['SMARTANT_BACKUP_DATABASE_URL_FILE']): string {
  if (file) return readText(resolve(context.cwd, file), HINT).trim();
  const secrets = join(findDataFolder(context), 'secrets');
  // Written at each start; the port is the one thing of it that we need.
  const url = new URL(readText(join(secrets, 'scheduler-database-url'), HINT).trim());
  url.username = 'postgres';
  url.password = encodeURIComponent(readText(join(secrets, 'postgres-password'), HINT).trim());
  return url.toString();
}

/** The keys of this platform, from the environment or the data folder. Raises CLI_KEYS_NOT_FOUND. */
export function readKeys(context: CliContext): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const [name, variable] of Object.entries(KEYS)) {
    const value = fromEnvironment(context, variable) ?? fromDataFolder(context, name);
    if (value) keys[name] = value;
  }
  // A key management service keeps its key to itself: there is none of ours then.
  const needsMasterKey = context.env['SMARTANT_KMS'] !== 'transit';
  if ((needsMasterKey && !keys['master-key']) || !keys['api-key-pepper']) {
    throw new SmartantError('CLI_KEYS_NOT_FOUND', 'The vault key and the API key pepper are not to be found here.', {
      kind: 'invalid',
      hint: 'Name their files with SMARTANT_MASTER_KEY_FILE and SMARTANT_API_KEY_PEPPER_FILE, or leave --include-vault-key out.',
    });
  }
  return keys;
}

/** Writes each key into a file of its own that only its owner reads; none that is there is overwritten. Raises CLI_FILE_EXISTS. */
export function writeKeys(folder: string, keys: Record<string, string>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(keys)) {
    const path = join(folder, name);
    if (existsSync(path)) {
      throw new SmartantError('CLI_FILE_EXISTS', `${path} is already there.`, {
        kind: 'conflict',
        hint: 'Name another folder with --keys-to.',
      });
    }
    writeFileSync(path, `${value}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(path, 0o600);
  }
}

function fromEnvironment({ env, cwd }: CliContext, variable: string): string | undefined {
  const file = env[`${variable}_FILE`];
  return file ? readText(resolve(cwd, file), HINT).trim() : env[variable];
}

function fromDataFolder(context: CliContext, name: string): string | undefined {
  try {
    return readText(join(findDataFolder(context), 'secrets', name), HINT).trim();
  } catch {
    return undefined;
  }
}
