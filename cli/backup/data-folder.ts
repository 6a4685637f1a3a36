import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { CliContext } from '../context';

/**
 * The data folder of `npm start`: SMARTANT_HOME (or SMARTANT_DATA), else `data/` here or further up. Raises CLI_DATA_FOLDER_NOT_FOUND
 * when there is none, unless it may be a new one that was named.
 */
export function findDataFolder({ env, cwd }: CliContext, { mayBeNew = false } = {}): string {
  const named = env['SMARTANT_HOME'] ?? env['SMARTANT_DATA'];
  const candidates = named ? [resolve(cwd, named), resolve(cwd, named, 'data')] : parents(cwd);
  const found = candidates.find((folder) => existsSync(join(folder, 'secrets', 'postgres-password')));
  if (found) return found;
  if (mayBeNew && named) return resolve(cwd, named);
  throw new SmartantError('CLI_DATA_FOLDER_NOT_FOUND', 'There is no data folder of npm start here, and no database was named.', {
    kind: 'invalid',
    hint: 'Go to the clone, or name the folder with SMARTANT_HOME, or the database with --database-url-file.',
  });
}

function parents(folder: string): string[] {
  const above = dirname(folder);
  const here = join(folder, 'data');
  return above === folder ? [here] : [here, ...parents(above)];
}
