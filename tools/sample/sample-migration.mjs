import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { formatBytes, formatCount, formatMany } from './progress-line.mjs';

const workspace = '/v1/workspaces/default';
export const names = { root: 'sample', source: 'sample-tree', target: 'sample-bucket', migration: 'sample' };

/** Why the sample stopped: which step, and what the platform said. */
export class SampleFailure extends Error {}

const ignoring = async (codes, call) => {
  try {
    return await call();
  } catch (error) {
    if (!codes.includes(error.status)) throw error;
    return undefined;
  }
};

/** A user's steps through the public REST API. Each can be repeated: an interrupted sample goes on where it stood. */
export class SampleMigration {
  constructor({ client, say, signal }) {
    Object.assign(this, { client, say, signal });
  }

  path = (suffix = '') => `${workspace}/migrations/${this.id}${suffix}`;

  async register({ sourceFolder, s3 }) {
    const { client } = this;
    await ignoring([409], () => client.post('/v1/file-roots', { name: names.root, path: sourceFolder }));
    await ignoring([409], () =>
      client.post(`${workspace}/endpoints`, { name: names.source, location: { kind: 'file', root: names.root, path: '' } }),
    );
    await ignoring([409], () =>
      client.post(`${workspace}/endpoints`, {
        name: names.target,
        location: { kind: 's3', serviceUrl: s3.url, region: 'us-east-1', bucket: s3.bucket, addressing: 'path' },
        secret: { kind: 's3', accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
      }),
    );
  }

  /** The key makes a repeated call answer with the first one's migration. */
  async create(idempotencyKey) {
    const body = {
      name: names.migration,
      source: { endpoint: names.source },
      target: { endpoint: names.target },
      spec: { kind: 'storage', cutover: { mode: 'manual', finalize: 'manual' }, incrementalIntervalSeconds: 2 },
    };
    const migration = await this.client.post(`${workspace}/migrations`, body, { 'idempotency-key': idempotencyKey });
    this.id = migration.id;
    return migration;
  }

  get = () => this.client.get(this.path());

  /** Watches until `reached` is true of the migration; a failed or cancelled one ends the sample. */
  async until(reached, label) {
    for (let last = ''; ;) {
      this.signal?.throwIfAborted();
      const migration = await this.get();
      const line = describeProgress(migration);
      if (line !== last) this.say(`  ${line}`);
      last = line;
      if (reached(migration)) return migration;
      if (['failed', 'cancelled'].includes(migration.status)) {
        throw new SampleFailure(`${label}: the migration ${migration.status} in ${migration.phase}: ${explain(migration)}`);
      }
      if (migration.status === 'waiting' && migration.findings.some(({ severity }) => severity === 'blocker')) {
        throw new SampleFailure(`${label}: the precheck found a blocker: ${explain(migration)}`);
      }
      await pause(700, undefined, { signal: this.signal });
    }
  }

  /** Resolves after an incremental round that began after `sinceMs`, when the migration waits for the next one. */
  untilRoundSince = (sinceMs) =>
    this.until(
      ({ phase, status, timings }) =>
        phase === 'incremental' &&
        status === 'waiting' &&
        timings.some((timing) => timing.phase === 'incremental' && timing.finishedAt && Date.parse(timing.startedAt) > sinceMs),
      'incremental round',
    );

  cutOver = () => this.act('cutover', { sourceFrozen: true });
  finalize = () => this.act('finalize');

  act = (action, body = {}) => this.client.post(this.path(`/${action}`), body, { 'idempotency-key': randomUUID() });

  report = () => this.client.get(this.path('/report'));

  /** Removes the migrations, endpoints and file root of earlier samples, as far as they exist. */
  async forget() {
    const { client } = this;
    for await (const id of this.#earlierMigrations()) {
      await ignoring([404], () => client.delete(`${workspace}/migrations/${id}`));
      await this.#untilGone(id);
    }
    for (const endpoint of [names.source, names.target]) await ignoring([404], () => client.delete(`${workspace}/endpoints/${endpoint}`));
    await ignoring([404], () => client.delete(`/v1/file-roots/${names.root}`));
  }

  async *#earlierMigrations() {
    for (let token = ''; token !== null;) {
      const page = await this.client.get(`${workspace}/migrations?pageSize=200${token && `&pageToken=${encodeURIComponent(token)}`}`);
      for (const { id, name } of page.items) if (name === names.migration) yield id;
      token = page.nextPageToken ?? null;
    }
  }

  /** What a migration made at its target is cleaned up in the background before it is forgotten. */
  async #untilGone(id) {
    while (await ignoring([404], () => this.client.get(`${workspace}/migrations/${id}`)))
      await pause(500, undefined, { signal: this.signal });
  }
}

const explain = ({ error, findings }) =>
  [
    error && `${error.code} ${error.message} ${error.hint}`,
    ...findings.filter(({ severity }) => severity === 'blocker').map(({ code, message, hint }) => `${code} ${message} ${hint}`),
  ]
    .filter(Boolean)
    .join('; ') || 'no reason was given';

/** One line on where a migration stands. */
export function describeProgress({ phase, status, round, ledger, shardsDone, shardsTotal, expectedObjects, expectedBytes }) {
  const where = phase === 'incremental' ? `${phase} round ${round}` : phase;
  const parts = [`${where}: ${status}`];
  if (phase === 'full')
    parts.push(
      `${formatCount(ledger.copiedObjects)} of ${formatMany(expectedObjects, 'object')}, ${formatBytes(ledger.copiedBytes)} of ${formatBytes(expectedBytes)} copied`,
    );
  else if (phase === 'incremental')
    parts.push(`${formatCount(ledger.copiedObjects)} copied, ${formatCount(ledger.deletedObjects)} deleted so far`);
  else if (phase === 'cutover')
    parts.push(`${formatMany(ledger.verifiedObjects, 'object')}, ${formatBytes(ledger.verifiedBytes)} verified`);
  if (status === 'running' && shardsTotal > 0) parts.push(`shards ${shardsDone}/${shardsTotal}`);
  if (ledger.quarantinedObjects > 0) parts.push(`${ledger.quarantinedObjects} quarantined`);
  return parts.join(' · ');
}
