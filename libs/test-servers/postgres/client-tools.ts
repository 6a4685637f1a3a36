import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Programs of a PostgreSQL client, of one major. */
export interface ClientTools {
  major: number;
  pgDump: string;
  pgRestore: string;
  psql: string;
  /** Undefined where the set has none. */
  pgbench: string | undefined;
}

/** The newest set of client programs that runs here: in the cache (`npm run provision -- postgres-tools`), the PATH or Debian's folders. */
export function findClientTools(atLeastMajor = 0): ClientTools | undefined {
  const cache = process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant');
  const debian = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').map((name) => `/usr/lib/postgresql/${name}/bin`)
    : [];
  const folders = [join(cache, 'postgres-tools', 'bin'), ...(process.env['PATH'] ?? '').split(delimiter), ...debian];
  const sets = [...new Set(folders)].flatMap((folder) => toolsIn(folder) ?? []);
  const newest = sets.reduce<ClientTools | undefined>((best, each) => (best && best.major >= each.major ? best : each), undefined);
  return newest && newest.major >= atLeastMajor ? newest : undefined;
}

/** Null when there are client programs of at least that major, else why not. */
export function whyNoClientTools(atLeastMajor = 0): string | null {
  if (findClientTools(atLeastMajor)) return null;
  return `there is no pg_dump of PostgreSQL ${atLeastMajor || 12} or newer (npm run provision -- postgres-tools)`;
}

function toolsIn(folder: string): ClientTools | undefined {
  const [pgDump, pgRestore, psql, pgbench] = ['pg_dump', 'pg_restore', 'psql', 'pgbench'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  if (folder === '' || ![pgDump, pgRestore, psql].every((file) => existsSync(file))) return undefined;
  const { stdout } = spawnSync(pgDump, ['--version'], { encoding: 'utf8' });
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
  return major === 0 ? undefined : { major, pgDump, pgRestore, psql, pgbench: existsSync(pgbench) ? pgbench : undefined };
}
