// What has to be there before anything else can run. Node built-ins of Node 20 only: nothing is installed yet when this is read.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const readPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/**
 * True when node_modules holds what package-lock.json locks. npm writes its own record of an installation as its last
 * step, so an interrupted one counts as not installed. Optional packages for other platforms are not expected.
 */
export function isInstalled(root = repositoryRoot) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = readPackages(record);
  return Object.entries(readPackages(join(root, 'package-lock.json'))).every(([path, locked]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = installed[path];
    if (!found) return locked.optional === true || locked.devOptional === true || locked.peer === true;
    return locked.link === true
      ? found.resolved === locked.resolved
      : found.version === locked.version && found.integrity === locked.integrity;
  });
}

/** How to call npm: the very one that runs us where there is one, so that no other npm is needed in the PATH. */
const npmCommand = () => (process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']);

/** Installs exactly what the lockfile says, with a sign of life every few seconds where npm itself draws nothing. */
export async function installDependencies(root = repositoryRoot) {
  const count = Object.keys(readPackages(join(root, 'package-lock.json'))).length;
  console.log(`Installing ${count} locked packages (only when the lockfile changed)`);
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  const [command, ...prefix] = npmCommand();
  const child = spawn(command, [...prefix, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const sign = setInterval(() => console.log(`  still installing (${seconds()} s)`), 10_000);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(sign));
  if (code !== 0)
    throw new Error(
      `npm ci ended with status ${code}; its message is above. Check the network or the registry settings, then run the same command again.`,
    );
  console.log(`Installed in ${seconds()} s`);
}

const wantedMajor = 24;

/** The Node that the services run on: the one the lockfile brings, or the running one where it is recent enough. */
export function findNode(root = repositoryRoot) {
  const bundled = join(root, 'node_modules', `node-${platform()}-${arch()}`, 'bin', 'node');
  // Tried, not only looked for: a glibc binary is there but does not run on a musl system.
  if (existsSync(bundled) && spawnSync(bundled, ['--version']).status === 0) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath;
  throw new Error(
    `No Node ${wantedMajor} for ${platform()}-${arch()} comes with the packages, and this is Node ${process.versions.node}. Install Node ${wantedMajor} or newer, then run the same command again.`,
  );
}

/** Refuses what cannot work, in one line. */
export function checkHost() {
  if (platform() === 'win32') throw new Error('SmartAnt does not run on Windows itself. Use WSL 2 (Windows Subsystem for Linux).');
  if (Number(process.versions.node.split('.')[0]) < 20)
    throw new Error(`Node 20 or newer is needed; this is Node ${process.versions.node}.`);
}

/**
 * Where what we start keeps its compiled code: a quarter of a service's start is to compile. Beside what it is made of, so that it goes
 * with a new installation, and is written by whom the code may be written by.
 */
const compileCache = (root) => ({
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(root, 'node_modules', '.cache', 'compiled'),
});

/**
 * Runs a script under the right Node as our child and resolves with its exit status. Signals sent to us go on to it;
 * and it has an IPC channel, so that it learns when we are gone, however we went.
 */
export async function runUnderNode(script, args, root = repositoryRoot) {
  const child = spawn(findNode(root), ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
    cwd: process.cwd(),
    env: { ...process.env, ...compileCache(root) },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...result) => resolve(result));
  });
  return code ?? (signal === 'SIGKILL' ? 137 : 1);
}
