// `npm run sbom [-- FILE]`: what ships, as a CycloneDX bill of materials (default tmp/sbom.cdx.json). Needs no network: it is read from what is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';
import { withoutBuildTools } from './without-build-tools.mjs';
import { sbomProblems } from './validate-sbom.mjs';

const path = resolve(process.argv[2] ?? join(repositoryRoot, 'tmp', 'sbom.cdx.json'));
const listing = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
  maxBuffer: 64 << 20,
});
if (listing.status !== 0) {
  console.error(listing.stderr || listing.error?.message);
  console.error('npm 9.8 or newer is needed, and everything installed (npm ci).');
  process.exit(1);
}

/** The same content gives the same document: no random number, and the time of the sources where it is known. */
function reproducible(document) {
  const { name, version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const timestamp = new Date(epoch ? Number(epoch) * 1_000 : Date.now()).toISOString();
  const component = { ...document.metadata.component, name, version, type: 'application' };
  const rest = { ...document, metadata: { ...document.metadata, timestamp, component } };
  delete rest.serialNumber;
  const hex = createHash('sha256')
    .update(JSON.stringify({ ...rest, metadata: { component } }))
    .digest('hex');
  // A UUID of version 8: RFC 9562 leaves its bits to us.
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return { ...rest, serialNumber: `urn:uuid:${uuid}` };
}

const lockfile = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8'));
const document = reproducible(withoutBuildTools(JSON.parse(listing.stdout), lockfile));
const problems = sbomProblems(document);
if (problems.length > 0) {
  console.error(`The bill of materials is not valid CycloneDX:\n${problems.slice(0, 20).join('\n')}`);
  process.exit(1);
}
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
console.log(`${path}: ${document.components.length} components, CycloneDX ${document.specVersion}, valid`);
