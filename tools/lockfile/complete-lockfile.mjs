// Puts back into package-lock.json the optional packages of other platforms that `npm install` left out of it: npm drops
// them when they are not installed here (https://github.com/npm/cli/issues/4828) or a registry does not carry them, and
// `npm ci` then refuses the lockfile everywhere. Run it after adding a dependency: node tools/lockfile/complete-lockfile.mjs
// (--check: change nothing, fail when something is missing).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'openbsd', 'netbsd', 'sunos', 'win32', 'windows'];
const processors = ['arm64', 'aarch64', 'armv7', 'arm', 'ia32', 'x64', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];
const aliases = { windows: 'win32', aarch64: 'arm64', armv7: 'arm' };

/** What a platform package's name says about where it is for: "@swc/core-linux-s390x-gnu" is for linux on s390x. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = systems.find((system) => words.includes(system));
  const cpu =
    processors.find((processor) => words.includes(processor)) ??
    (words.includes('universal') ? undefined : words.includes('wasm32') ? 'wasm32' : undefined);
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.some((word) => word.startsWith('gnu')) ? 'glibc' : undefined;
  return {
    ...(cpu && { cpu: [aliases[cpu] ?? cpu] }),
    ...(os && { os: [aliases[os] ?? os] }),
    ...(libc && os === 'linux' && { libc: [libc] }),
  };
}

const exactVersion = /^\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/;

/** Where Node would look for a dependency of a package, nearest first. */
function* placesOf(owner, name) {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    yield `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (folder === '') return;
    if (!folder.includes('/node_modules/')) folder = '';
  }
}

function missingFrom(packages) {
  const missing = [];
  for (const [owner, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (!exactVersion.test(version) || [...placesOf(owner, name)].some((place) => packages[place])) continue;
      missing.push({ path: `node_modules/${name}`, entry: { version, ...platformOf(name), ...(dev && { dev }), optional: true } });
    }
  }
  return missing;
}

const file = join(repositoryRoot, 'package-lock.json');
const lockfile = JSON.parse(readFileSync(file, 'utf8'));
const missing = missingFrom(lockfile.packages);
for (const { path, entry } of missing)
  console.log(`${path} ${entry.version} (${[...(entry.os ?? []), ...(entry.cpu ?? []), ...(entry.libc ?? [])].join(' ')})`);
if (process.argv.includes('--check')) {
  if (missing.length > 0) console.log('Run node tools/lockfile/complete-lockfile.mjs and commit the result.');
  process.exitCode = missing.length > 0 ? 1 : 0;
} else if (missing.length > 0) {
  for (const { path, entry } of missing) lockfile.packages[path] = entry;
  const [root, ...rest] = Object.keys(lockfile.packages);
  const inOrder = [root, ...rest.sort((a, b) => a.localeCompare(b, 'en'))];
  lockfile.packages = Object.fromEntries(inOrder.map((path) => [path, lockfile.packages[path]]));
  writeFileSync(file, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`${missing.length} optional packages of other platforms were put back.`);
}
