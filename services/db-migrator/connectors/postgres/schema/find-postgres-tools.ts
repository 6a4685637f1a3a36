import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { SmartantError } from '@smartant/kernel';

/** The pg_dump that is used for a source. */
export interface PostgresTools {
  pgDump: string;
  major: number;
}

const run = promisify(execFile);
/** Where packages of systems put each major; the version is the folder's name. */
const SYSTEM_ROOTS = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt'];
const TOO_NEW = 18;

/**
 * Finds a pg_dump for a source of that major: pg_dump refuses a server that is newer than itself. Looks in `SMARTANT_POSTGRES_TOOLS`, the
 * user's cache (tools/provision/postgres-tools.mjs brings them there), the PATH and the folders of system packages; takes the newest major
 * up to 18, whose archives can be read here. Raises POSTGRES_TOOLS_MISSING.
 */
export async function findPostgresTools(sourceMajor: number, environment: NodeJS.ProcessEnv = process.env): Promise<PostgresTools> {
  const found = await Promise.all((await candidateFolders(environment)).map((folder) => toolsIn(folder)));
  const usable = found.flatMap((tools) => (tools && tools.major >= sourceMajor && tools.major <= TOO_NEW ? [tools] : []));
  const newest = usable.reduce<PostgresTools | undefined>((best, tools) => (best && best.major >= tools.major ? best : tools), undefined);
  if (newest) return newest;
  const majors = [...new Set(found.flatMap((tools) => tools?.major ?? []))].sort((one, other) => one - other);
  throw new SmartantError(
    'POSTGRES_TOOLS_MISSING',
    `A pg_dump of PostgreSQL ${sourceMajor} or newer is needed where the database migrator runs, and ${majors.length === 0 ? 'none was found' : `only ${majors.join(', ')} was found`}.`,
    {
      kind: 'precondition',
      actor: 'operator',
      hint: `Install the client programs (Debian: postgresql-client-${sourceMajor}; in a clone: npm run provision -- postgres-tools), or name their folder in SMARTANT_POSTGRES_TOOLS.`,
    },
  );
}

async function candidateFolders(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const cache = environment['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant');
  const system = await Promise.all(
    SYSTEM_ROOTS.map(async (root) => (await readdir(root).catch(() => [])).map((name) => join(root, name, 'bin'))),
  );
  const named = environment['SMARTANT_POSTGRES_TOOLS'];
  const path = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...(named ? [named] : []), join(cache, 'postgres-tools', 'bin'), ...path, ...system.flat()])];
}

/** Asked, not guessed: what is there may not run on this system. */
async function toolsIn(folder: string): Promise<PostgresTools | undefined> {
  const pgDump = join(folder, 'pg_dump');
  try {
    await access(pgDump, constants.X_OK);
    const { stdout } = await run(pgDump, ['--version'], { timeout: 10_000 });
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    return Number.isInteger(major) ? { pgDump, major } : undefined;
  } catch {
    return undefined;
  }
}
