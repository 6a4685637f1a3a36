import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compareTreeWithBucket, sampleClient } from './compare.mjs';
import { formatBytes, formatMany, throttled } from './progress-line.mjs';
import { changeTree, createTree } from './sample-tree.mjs';
import { SampleFailure, SampleMigration } from './sample-migration.mjs';
import { StartError } from '../start/start-error.mjs';

const require = createRequire(import.meta.url);
const accessKey = 'sample';
const bucket = 'smartant-sample';

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

/** What the sample has done so far, kept so that an interrupted one goes on. */
class SampleState {
  constructor(folder) {
    this.path = join(folder, 'state.json');
    this.value = readJson(this.path) ?? {};
  }

  keep(part) {
    Object.assign(this.value, part);
    writeFileSync(`${this.path}.new`, JSON.stringify(this.value));
    renameSync(`${this.path}.new`, this.path);
  }
}

async function startS3({ platform, folder }) {
  const port = platform.settings.ports.sampleS3;
  const secretKey = platform.secrets['sample-s3-secret-key'].value;
  const url = `http://127.0.0.1:${port}`;
  await platform.startExtra({
    name: 'sample-s3',
    script: 'tools/sample/s3-server/main.mjs',
    args: ['--data', join(folder, 's3'), '--port', String(port), '--bucket', bucket],
    environment: { SAMPLE_S3_ACCESS_KEY: accessKey, SAMPLE_S3_SECRET_KEY: secretKey },
    // Any answer will do: unsigned requests are refused, and that is one.
    isReady: async () => (await fetch(url)).status > 0,
  });
  return { url, bucket, accessKey, secretKey };
}

async function makeTree(root, state, say) {
  if (state.value.treeMade) return;
  say('Sample: making a tree of 2,000 files');
  const progress = throttled(say);
  let made;
  await createTree(root, (counts) => {
    made = counts;
    progress(() => `  ${formatMany(counts.files, 'file')}, ${formatBytes(counts.bytes)}`);
  });
  say(`  ${formatMany(made.files, 'file')}, ${formatBytes(made.bytes)}, some empty folders and a symbolic link`);
  state.keep({ treeMade: true });
}

async function applyChanges(root, state, say) {
  if (state.value.changedAtMs) return;
  // An interrupted change is not repeatable: the tree is made anew, which the next round copies like any change.
  if (state.value.changing) await createTree(root);
  state.keep({ changing: true });
  const { changed, added, deleted } = changeTree(root);
  say(`Sample: while it runs, ${changed} files change, ${added} are added and ${deleted} deleted`);
  state.keep({ changedAtMs: Date.now() });
}

const past = (migration, phases) => phases.includes(migration.phase);

/** Takes the migration from wherever it stands to its end. */
async function drive(migration, { root, state, say }) {
  let now = await migration.until(
    ({ phase, status }) => past({ phase }, ['cutover', 'reversible', 'done']) || (phase === 'incremental' && status === 'waiting'),
    'full copy',
  );
  if (past(now, ['incremental'])) {
    await applyChanges(root, state, say);
    await migration.untilRoundSince(state.value.changedAtMs);
    say('Sample: nothing writes any more; cutting over and verifying every byte');
    await migration.cutOver();
  }
  now = await migration.until(({ phase, status }) => (phase === 'reversible' && status === 'waiting') || phase === 'done', 'cutover');
  if (!now.verification?.equal)
    throw new SampleFailure(`verification found ${now.verification?.differenceCount ?? 'no result and'} differences`);
  if (now.phase === 'reversible') await migration.finalize();
  return migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded', 'finalize');
}

/** Checks the report as an outsider does: with the pinned key and nothing of the running platform. */
function checkReport(envelope, token) {
  const { verifyReport, judgeReport } = require('@smartant/proof');
  const { statement } = verifyReport(envelope, token.reportPublicKeyPem);
  if (judgeReport(statement.predicate) !== 'proved') throw new SampleFailure('the report is genuine but states differences');
  return statement.predicate;
}

async function compareOnItsOwn({ root, s3, say }) {
  say('Sample: comparing the tree and the bucket by reading both, with none of the product in between');
  const progress = throttled(say, 2_000);
  const result = await compareTreeWithBucket({
    root,
    bucket,
    client: sampleClient(s3),
    onProgress: ({ objects, bytes }) => progress(() => `  ${formatMany(objects, 'object')}, ${formatBytes(bytes)}`),
  });
  for (const { key, kind } of result.differences.slice(0, 10)) say(`  ${JSON.stringify(key)}: ${kind}`);
  if (result.differences.length > 0)
    throw new SampleFailure(`the bucket differs from the tree in ${formatMany(result.differences.length, 'object')}`);
  return result;
}

async function runThrough({ folder, state, migration, s3, token, say }) {
  const startedMs = performance.now();
  const root = join(folder, 'source');
  await makeTree(root, state, say);
  if (!state.value.idempotencyKey) state.keep({ idempotencyKey: randomUUID() });
  await migration.register({ sourceFolder: root, s3 });
  const { id } = await migration.create(state.value.idempotencyKey);
  say(`Sample: migration ${id} from the tree to s3://${bucket}`);
  const ended = await drive(migration, { root, state, say });
  const envelope = await migration.report();
  const reportFile = join(folder, 'report.json');
  writeFileSync(reportFile, `${JSON.stringify(envelope, null, 2)}\n`);
  const keyFile = join(folder, 'report-key.pem');
  writeFileSync(keyFile, token.reportPublicKeyPem);
  const report = checkReport(envelope, token);
  const compared = await compareOnItsOwn({ root, s3, say });
  const seconds = (performance.now() - startedMs) / 1000;
  state.keep({
    result: {
      migrationId: id,
      finishedAt: ended.updatedAt,
      objects: compared.objects,
      bytes: compared.bytes,
      seconds: Math.round(seconds),
      reportFile,
    },
  });
  say(
    `Sample: equal: ${formatMany(compared.objects, 'object')}, ${formatBytes(compared.bytes)}; the signed report verifies (${report.verification.target.root.slice(0, 16)}…)`,
  );
  say(`  took ${seconds.toFixed(1)} s; report: ${reportFile}`);
  say(`  check it anywhere: npx smartant report verify ${reportFile} --key ${keyFile}`);
}

/** Runs the sample (or goes on with an interrupted one). Resolves with the exit status of `npm start -- --once`: 0 only when all is equal and proved. */
export async function runSample({ platform, client, token, say, again, signal }) {
  const folder = join(platform.dataFolder, 'sample');
  const migration = new SampleMigration({ client, say, signal });
  const earlier = new SampleState(mkdirp(folder));
  if (again && Object.keys(earlier.value).length > 0) {
    await migration.forget();
    rmSync(folder, { recursive: true, force: true });
    mkdirp(folder);
  }
  const state = new SampleState(folder);
  const s3 = await startS3({ platform, folder });
  if (state.value.result) {
    const { migrationId, finishedAt } = state.value.result;
    say(`The sample migration ran on ${finishedAt} (${migrationId}): npm start -- --sample runs it again`);
    return 0;
  }
  try {
    await runThrough({ folder, state, migration, s3, token, say });
    return 0;
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = new StartError(
      'START_SAMPLE_FAILED',
      `The sample did not succeed: ${error.message}`,
      'See npx smartant migration list; npm start -- --sample runs it again.',
    );
    say(`error ${failure.code}: ${failure.message}\n  ${failure.hint}`);
    return error.code?.startsWith('PROOF_') || /differ/.test(error.message) ? 3 : 1;
  }
}

function mkdirp(folder) {
  mkdirSync(folder, { recursive: true });
  return folder;
}
