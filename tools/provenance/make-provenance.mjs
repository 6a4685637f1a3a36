// `npm run provenance [-- FILE]`: which sources and tools the compiled files come from, as SLSA provenance v1 in an in-toto statement (default
// tmp/provenance.json). Signed (DSSE, Ed25519) with the key that SMARTANT_PROVENANCE_KEY_FILE names; without one it is not signed, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';
import { buildOutputs, sha256Of } from './build-outputs.mjs';

const { IN_TOTO_PAYLOAD_TYPE, IN_TOTO_STATEMENT_TYPE, keyIdOf, signEnvelope } = createRequire(import.meta.url)('@smartant/proof');
const path = resolve(process.argv[2] ?? join(repositoryRoot, 'tmp', 'provenance.json'));
const environment = process.env;
const git = (...args) => spawnSync('git', args, { cwd: repositoryRoot, encoding: 'utf8' }).stdout?.trim() || undefined;

/** CI systems name the repository with the token of the job in it. */
function repository() {
  const named = environment.CI_PROJECT_URL ?? environment.GIT_URL ?? git('remote', 'get-url', 'origin');
  if (!named || !URL.canParse(named)) return 'urn:smartant:source';
  const url = new URL(named);
  url.username = '';
  url.password = '';
  return url.href;
}

function statement() {
  const commit = environment.CI_COMMIT_SHA ?? environment.GIT_COMMIT ?? git('rev-parse', 'HEAD');
  const subject = buildOutputs(repositoryRoot);
  if (subject.length === 0) throw new Error('Nothing is built: npm run build');
  const sbom = join(repositoryRoot, 'tmp', 'sbom.cdx.json');
  return {
    _type: IN_TOTO_STATEMENT_TYPE,
    subject,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:smartant:build:swc:v1',
        externalParameters: { source: repository(), command: 'npm ci && npm run build' },
        internalParameters: {
          node: process.version,
          platform: `${process.platform}-${process.arch}`,
          dirty: Boolean(git('status', '--porcelain')),
        },
        resolvedDependencies: [
          { uri: `git+${repository()}`, ...(commit ? { digest: { gitCommit: commit } } : {}) },
          { uri: 'file:package-lock.json', digest: { sha256: sha256Of(join(repositoryRoot, 'package-lock.json')) } },
        ],
      },
      runDetails: {
        builder: { id: environment.SMARTANT_BUILDER_ID ?? environment.CI_SERVER_URL ?? 'urn:smartant:builder:local' },
        metadata: {
          invocationId: environment.CI_JOB_URL ?? environment.BUILD_URL ?? 'urn:smartant:invocation:local',
          finishedOn: new Date().toISOString(),
        },
        ...(existsSync(sbom) ? { byproducts: [{ name: 'sbom.cdx.json', digest: { sha256: sha256Of(sbom) } }] } : {}),
      },
    },
  };
}

const made = statement();
const keyFile = environment.SMARTANT_PROVENANCE_KEY_FILE;
mkdirSync(dirname(path), { recursive: true });
if (keyFile) {
  const privateKey = readFileSync(keyFile, 'utf8');
  const keyId = keyIdOf(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString());
  writeFileSync(path, `${JSON.stringify(signEnvelope(IN_TOTO_PAYLOAD_TYPE, Buffer.from(JSON.stringify(made)), privateKey, keyId))}\n`);
  console.log(`${path}: ${made.subject.length} files, signed with key ${keyId}`);
} else {
  writeFileSync(path, `${JSON.stringify(made)}\n`);
  console.log(`SKIPPED: signature of the build provenance: SMARTANT_PROVENANCE_KEY_FILE names no key`);
  console.log(`${path}: ${made.subject.length} files, NOT signed`);
}
