import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { OPENING } from '../domain/stages';
import type {
  DatabaseDifference,
  DatabaseEndpoint,
  DatabaseEngine,
  DatabaseJob,
  DatabaseStage,
  DatabaseVerification,
  StageResult,
} from '../application/ports/database-engine';
import type { MemoryDatabase } from './memory-database';

/** Called before each step of a stage, for tests that stop one there or let it fail. */
export type StepHook = (stage: DatabaseStage, step: string, job: DatabaseJob, signal: AbortSignal) => Promise<void> | void;

/** Stands in for a database server's engine and keeps the port's promises: exactly once by the target's bookkeeping, fenced by the epoch. */
export class MemoryEngine implements DatabaseEngine {
  hook: StepHook = () => undefined;
  readonly calls: { stage: DatabaseStage; epoch: number }[] = [];

  constructor(private readonly databases: Map<string, MemoryDatabase>) {}

  readonly stages: DatabaseEngine['stages'] = {
    prepare: (job, signal) => this.stage('prepare', job, signal, () => Promise.resolve({ findings: [note('LOOKED_AT')] })),
    schema: (job, signal) => this.stage('schema', job, signal, () => this.schema(job, signal)),
    copy: (job, signal) => this.stage('copy', job, signal, () => this.copy(job, signal)),
    constraints: (job, signal) => this.stage('constraints', job, signal, () => this.constraints(job)),
    sync: (job, signal) => this.stage('sync', job, signal, () => this.sync(job, signal)),
    stream: (job, signal) => this.stage('stream', job, signal, () => this.stream(job, signal)),
    cutover: (job, signal) => this.stage('cutover', job, signal, () => this.cutOver(job, signal)),
    'stream-back': (job, signal) => this.stage('stream-back', job, signal, () => this.stream(job, signal, true)),
    'roll-back': (job, signal) => this.stage('roll-back', job, signal, () => this.rollBack(job)),
    reopen: (job, signal) => this.stage('reopen', job, signal, () => this.reopen(job)),
    release: (job, signal) => this.stage('release', job, signal, () => this.release(job)),
  };

  async probe(endpoint: DatabaseEndpoint, signal: AbortSignal) {
    await this.signIn(endpoint, signal);
    return { abilities: ['logical-decoding'], findings: [], roundTripMs: 1 };
  }

  async discover(endpoint: DatabaseEndpoint, path: string, page: { pageSize: number; pageToken: string }, signal: AbortSignal) {
    const { tables } = await this.signIn(endpoint, signal);
    const schemas = [...new Set([...tables.keys()].map((name) => name.split('.')[0] ?? ''))];
    const paths = path === '' ? schemas : [...tables.keys()].filter((name) => name.startsWith(`${path}.`));
    const rest = paths.filter((name) => name > page.pageToken).sort();
    const items = rest.slice(0, page.pageSize).map((name) => ({
      path: name,
      kind: path === '' ? 'schema' : 'table',
      sizeBytes: [...(tables.get(name)?.values() ?? [])].reduce((sum, value) => sum + value.length, 0),
    }));
    return { items, nextPageToken: rest.length > items.length ? (items.at(-1)?.path ?? '') : '' };
  }

  async precheck(source: DatabaseEndpoint, target: DatabaseEndpoint, _scope: unknown, signal: AbortSignal) {
    const [from, to] = [await this.signIn(source, signal), await this.signIn(target, signal)];
    const rows = [...from.tables.values()].flatMap((table) => [...table.values()]);
    const findings = to.tables.size > 0 ? [{ ...note('TARGET_NOT_EMPTY'), severity: 'blocker' as const }] : [];
    return { findings, estimate: { tables: from.tables.size, rows: rows.length, bytes: rows.join('').length } };
  }

  async fix(source: DatabaseEndpoint, target: DatabaseEndpoint, scope: unknown, _wanted: unknown, signal: AbortSignal) {
    return { applied: [], findings: (await this.precheck(source, target, scope, signal)).findings };
  }

  private async stage(stage: DatabaseStage, job: DatabaseJob, signal: AbortSignal, work: () => Promise<StageResult>): Promise<StageResult> {
    this.calls.push({ stage, epoch: job.epoch });
    await this.hook(stage, 'begin', job, signal);
    await this.signIn(job.source, signal);
    await this.signIn(job.target, signal);
    const result = await work();
    await this.hook(stage, 'end', job, signal);
    return result;
  }

  private async signIn(endpoint: DatabaseEndpoint, signal: AbortSignal): Promise<MemoryDatabase> {
    const secret = await endpoint.secret(signal);
    const database = this.of(endpoint);
    database.assertReachable();
    if (secret.kind === 'password' && secret.password === database.password) return database;
    throw new SmartantError('DATABASE_CREDENTIALS_INVALID', 'The password is wrong.', { kind: 'forbidden' });
  }

  private of({ location }: DatabaseEndpoint): MemoryDatabase {
    const database = this.databases.get(location.database);
    if (!database) throw new SmartantError('DATABASE_NOT_FOUND', `There is no database "${location.database}".`, { kind: 'precondition' });
    return database;
  }

  private ends(job: DatabaseJob, back = false): { from: MemoryDatabase; to: MemoryDatabase } {
    const [source, target] = [this.of(job.source), this.of(job.target)];
    return back ? { from: target, to: source } : { from: source, to: target };
  }

  private async schema(job: DatabaseJob, signal: AbortSignal): Promise<StageResult> {
    const { from, to } = this.ends(job);
    const kept = to.keptFor(job.migrationId, job.epoch);
    if (!from.slots.has(job.migrationId)) {
      from.slots.set(job.migrationId, from.position);
      kept.applied = from.position;
      await job.state.save({ slotPosition: from.position });
    }
    job.count({ listedTables: from.tables.size });
    for (const name of from.tables.keys()) {
      signal.throwIfAborted();
      if (!to.tables.has(name)) to.tables.set(name, new Map());
    }
    return {};
  }

  /** Tells again what is copied. A table is copied in one transaction, as of now: changes since the slot are applied onto it all the same. */
  private async copy(job: DatabaseJob, signal: AbortSignal): Promise<StageResult> {
    const { from, to } = this.ends(job);
    const excluded = await job.excludedTables();
    for (const [name, done] of to.keptFor(job.migrationId, job.epoch).copied) {
      if (!excluded.has(name)) job.count({ copiedTables: 1, copiedRows: done.rows, copiedBytes: done.bytes });
    }
    for (const [name, rows] of from.tables) {
      if (excluded.has(name) || to.keptFor(job.migrationId, job.epoch).copied.has(name)) continue;
      const snapshot = [...rows];
      const bytes = snapshot.reduce((sum, [, value]) => sum + value.length, 0);
      await job.admit(bytes, signal);
      try {
        await this.hook('copy', name, job, signal);
      } catch (error) {
        if (!(error instanceof SmartantError) || error.retryable || signal.aborted) throw error;
        await job.quarantine({ unit: name, code: error.code, message: error.message });
        continue;
      }
      signal.throwIfAborted();
      for (const [key, value] of snapshot) to.put(name, key, value);
      to.keptFor(job.migrationId, job.epoch).copied.set(name, { rows: snapshot.length, bytes });
      job.count({ copiedTables: 1, copiedRows: snapshot.length, copiedBytes: bytes });
    }
    return {};
  }

  /** Copies what is in the scope and was never copied, as of the position of the stream. */
  private async sync(job: DatabaseJob, signal: AbortSignal): Promise<StageResult> {
    const { from, to } = this.ends(job);
    const { copied } = to.keptFor(job.migrationId, job.epoch);
    const excluded = await job.excludedTables();
    const missing = [...from.tables.keys()].filter((name) => !copied.has(name) && !excluded.has(name));
    if (missing.length === 0) return {};
    await this.apply(job, from.position, false);
    for (const name of missing) {
      await this.hook('sync', name, job, signal);
      const rows = [...(from.tables.get(name) ?? [])];
      to.tables.set(name, new Map(rows));
      const bytes = rows.reduce((sum, [, value]) => sum + value.length, 0);
      copied.set(name, { rows: rows.length, bytes });
      job.count({ copiedTables: 1, copiedRows: rows.length, copiedBytes: bytes });
    }
    return {};
  }

  private async constraints(job: DatabaseJob): Promise<StageResult> {
    job.count({ builtIndexes: this.ends(job).to.tables.size });
    return {};
  }

  private async stream(job: DatabaseJob, signal: AbortSignal, back = false): Promise<StageResult> {
    const { from } = this.ends(job, back);
    while (!signal.aborted) {
      await this.apply(job, from.position, back);
      await from.nextWrite(signal).catch(() => undefined);
    }
    return {};
  }

  /** Position and rows are one transaction. */
  private async apply(job: DatabaseJob, through: number, back: boolean): Promise<void> {
    const { from, to } = this.ends(job, back);
    const excluded = await job.excludedTables();
    const kept = to.keptFor(job.migrationId, job.epoch);
    const changes = from.log.filter(({ position }) => position > kept.applied && position <= through);
    for (const { table, key, value } of changes) if (!excluded.has(table)) to.put(table, key, value);
    kept.applied = through;
    if (changes.length > 0) job.count({ appliedTransactions: 1, appliedChanges: changes.length });
    const position = String(through);
    job.stream({
      appliedPosition: position,
      sourcePosition: String(from.position),
      lagBytes: 0,
      lagMs: 0,
      retainedBytes: 0,
      fullAt: null,
      syncingTables: 0,
      comparisonsWait: false,
      definitionDifferenceCount: 0,
      definitionDifferences: [],
    });
  }

  private async cutOver(job: DatabaseJob, signal: AbortSignal): Promise<StageResult> {
    const { frozenAt } = await this.freeze(job);
    await this.drain(job);
    const { verification } = await this.verify(job);
    if (!verification?.equal) return { verification };
    await this.hook('cutover', 'arm', job, signal);
    if (job.scope.reverse) await this.arm(job);
    await job.state.save({ [OPENING]: true });
    await this.hook('cutover', 'open', job, signal);
    return { verification, frozenAt, ...(await this.open(job)) };
  }

  private async rollBack(job: DatabaseJob): Promise<StageResult> {
    this.ends(job).to.isFrozen = true;
    if (job.scope.reverse) await this.drain(job, true);
    return this.reopen(job);
  }

  private async freeze(job: DatabaseJob): Promise<StageResult> {
    const { from, to } = this.ends(job);
    to.keptFor(job.migrationId, job.epoch);
    from.isFrozen = true;
    await job.state.save({ frozenPosition: from.position });
    return { frozenAt: new Date().toISOString() };
  }

  private async drain(job: DatabaseJob, back = false): Promise<StageResult> {
    await this.apply(job, this.ends(job, back).from.position, back);
    return {};
  }

  private async verify(job: DatabaseJob): Promise<StageResult> {
    const { from, to } = this.ends(job);
    const excluded = await job.excludedTables();
    const differences: DatabaseDifference[] = [];
    for (const name of new Set([...from.tables.keys(), ...to.tables.keys()])) {
      if (excluded.has(name)) continue;
      const [a, b] = [from.tables.get(name) ?? new Map(), to.tables.get(name) ?? new Map()];
      job.count({ verifiedRows: a.size });
      for (const key of new Set([...a.keys(), ...b.keys()])) {
        if (a.get(key) === b.get(key)) continue;
        differences.push({ key: `${name} ${key}`, kind: 'content', detail: '', waived: false });
      }
    }
    job.count({ differentRows: differences.length });
    return { verification: verificationOf(from, to, excluded, differences) };
  }

  private async arm(job: DatabaseJob): Promise<StageResult> {
    const { from, to } = this.ends(job);
    to.keptFor(job.migrationId, job.epoch);
    to.slots.set(job.migrationId, to.position);
    from.keptFor(job.migrationId, job.epoch).applied = to.position;
    return {};
  }

  private async open(job: DatabaseJob): Promise<StageResult> {
    const { to } = this.ends(job);
    to.keptFor(job.migrationId, job.epoch).isOpen = true;
    to.isFrozen = false;
    return { openedAt: new Date().toISOString() };
  }

  private async reopen(job: DatabaseJob): Promise<StageResult> {
    this.ends(job).from.isFrozen = false;
    return {};
  }

  private async release(job: DatabaseJob): Promise<StageResult> {
    const { from, to } = this.ends(job);
    const kept = to.kept.get(job.migrationId);
    if (kept) to.keptFor(job.migrationId, job.epoch);
    if (!kept?.isOpen) from.isFrozen = false;
    for (const end of [from, to]) {
      end.slots.delete(job.migrationId);
      end.kept.delete(job.migrationId);
    }
    return {};
  }
}

function verificationOf(
  from: MemoryDatabase,
  to: MemoryDatabase,
  excluded: Set<string>,
  differences: DatabaseDifference[],
): DatabaseVerification {
  const side = (database: MemoryDatabase) => Object.entries(database.rows()).filter(([name]) => !excluded.has(name));
  const rowsOf = (database: MemoryDatabase) => side(database).flatMap(([, rows]) => Object.values(rows));
  const rootOf = (database: MemoryDatabase) =>
    createHash('sha256')
      .update(JSON.stringify(side(database)))
      .digest('hex');
  return {
    level: 'content',
    equal: differences.length === 0,
    tables: from.tables.size,
    sourceRows: rowsOf(from).length,
    sourceBytes: rowsOf(from).join('').length,
    targetRows: rowsOf(to).length,
    targetBytes: rowsOf(to).join('').length,
    sequences: 0,
    objects: 0,
    sourceRoot: rootOf(from),
    targetRoot: rootOf(to),
    bucketCount: 1,
    frozenPosition: String(from.position),
    differences,
    differenceCount: differences.length,
    seed: '',
    direction: 'forth',
    digests: [],
    waivedCount: 0,
  };
}

function note(code: string) {
  return { severity: 'note' as const, code, message: code, hint: 'none', subject: 'both' as const };
}
