import { BUCKET_COUNT, BucketDigests } from '@smartant/proof';
import type { HostJob } from '../../../application/ports/host-engine';
import type { HostVerification } from '../../../domain/verification';
import { exclusionsFor } from './exclusions';
import { under, type FilesOptions, type MigratedFileSystem } from './files-options';
import { linkRecord } from './link-groups';
import { mergeWalks, WalkCursor } from './merge-walks';
import { absoluteText, type PathBytes } from './path-bytes';
import { SkippedBranch } from './skipped-branch';
import { Spool } from './spool';
import { openComparison, type ComparisonContext } from './sync-context';
import { lastRoundStart } from './sync-state';
import { compareBatch, type Comparison, type Pair } from './verify/compare-batch';
import { compareNames } from './verify/compare-names';
import { DifferenceList } from './verify/difference-list';
import { keptBy } from './verify/file-leaf';
import { haveAttributes } from './verify/read-digests';
import { walk } from './walk';
import type { WalkEntry } from './walk-record';
import { WorkPool } from './work-pool';

export interface VerifyOptions extends FilesOptions {
  level: HostVerification['level'];
  /** Why a path may differ, by whoever has changed the target since; null: it may not. */
  expected?: (path: string) => string | null;
}

/** Read at once of one side: enough that starting programs does not count, and little enough to keep in memory. */
const BATCH_ENTRIES = 2_000;
const BATCH_BYTES = 256 * 1024 * 1024;

/**
 * Compares the target with a fresh walk of the source: every path, its metadata and attributes, which names are one file, and by level the
 * contents. Adds to the ledger's verified and different files. Raises HOST_… errors of walks.
 */
export async function verifyFiles(job: HostJob, options: VerifyOptions, signal: AbortSignal): Promise<HostVerification> {
  const context = await openComparison(job, options, signal);
  const attributes = await haveAttributes([options.source, options.target], signal);
  if (!attributes) job.warn('Extended attributes and ACLs are not compared: a side has no getfattr.', {});
  const differences = new DifferenceList(await job.waivedFiles(), options.expected ?? (() => null));
  const since = (await lastRoundStart(job)) ?? Number.POSITIVE_INFINITY;
  const digests = { source: new BucketDigests(), target: new BucketDigests() };
  for (const fileSystem of options.fileSystems) {
    const { mount, type } = fileSystem;
    const comparison: Comparison = {
      mount,
      keeps: keptBy(type),
      source: { session: options.source, directory: under(options.sourceRoot, mount), digests: digests.source },
      target: { session: options.target, directory: under(options.targetRoot, mount), digests: digests.target },
      content: options.level === 'content',
      attributes,
      differences,
      since,
    };
    await compareFileSystem(job, options, context, { comparison, fileSystem }, signal);
  }
  job.count({ differentFiles: differences.count - differences.waived });
  return {
    level: options.level,
    equal: differences.equal,
    sourceFiles: digests.source.objects,
    sourceBytes: digests.source.bytes,
    targetFiles: digests.target.objects,
    targetBytes: digests.target.bytes,
    sourceRoot: digests.source.root(),
    targetRoot: digests.target.root(),
    bucketCount: BUCKET_COUNT,
    differences: differences.told,
    differenceCount: differences.count,
    waivedCount: differences.waived,
  };
}

async function compareFileSystem(
  job: HostJob,
  options: VerifyOptions,
  context: ComparisonContext,
  about: { comparison: Comparison; fileSystem: MigratedFileSystem },
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const within = AbortSignal.any([signal, failed.signal]);
  const names = { source: await Spool.open(), target: await Spool.open() };
  try {
    const reader = new PairReader(job, options, context, { ...about, names }, failed, within);
    await reader.run();
    await compareNames(about.comparison, names, context.sortTarget, within);
  } catch (error) {
    signal.throwIfAborted();
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    failed.abort();
    await Promise.all([names.source.close(), names.target.close()]);
  }
}

/** Goes through both walks of a filesystem and compares them in batches. */
class PairReader {
  private batch: Pair[] = [];
  private batchBytes = 0;
  private readonly skipped = new SkippedBranch();
  private readonly nested: PathBytes[] = [];
  private readonly pool: WorkPool;
  private devices: { source: string | null; target: string | null } = { source: null, target: null };

  constructor(
    private readonly job: HostJob,
    private readonly options: VerifyOptions,
    private readonly context: ComparisonContext,
    private readonly about: { comparison: Comparison; fileSystem: MigratedFileSystem; names: { source: Spool; target: Spool } },
    failed: AbortController,
    private readonly signal: AbortSignal,
  ) {
    this.pool = new WorkPool(context.streams, (error) => failed.abort(error));
  }

  async run(): Promise<void> {
    await this.compare('.');
    for (let at = 0; at < this.nested.length; at += 1) await this.compare(this.nested[at] ?? '.');
    await this.flush();
    await this.pool.drain();
  }

  private async compare(from: PathBytes): Promise<void> {
    const { comparison } = this.about;
    const { mounts, sortSource, sortTarget } = this.context;
    const { prune, excludes } = exclusionsFor(this.job, this.options, comparison.mount, mounts);
    this.devices = { source: null, target: null };
    const [source, target] = await Promise.all([
      WalkCursor.open(walk({ ...comparison.source, side: 'source', prune, from }, sortSource, this.signal)),
      WalkCursor.open(walk({ ...comparison.target, side: 'target', prune, from }, sortTarget, this.signal)),
    ]);
    await mergeWalks(source, target, (a, b) => this.visit(a, b, excludes));
  }

  private visit(source: WalkEntry | null, target: WalkEntry | null, excludes: (path: PathBytes) => boolean): Promise<void> | undefined {
    const entry = source ?? (target as WalkEntry);
    if (this.skipped.contains(entry.key)) return undefined;
    this.devices.source ??= source?.device ?? null;
    this.devices.target ??= target?.device ?? null;
    if (excludes(entry.path) || this.isElsewhere(source, target)) {
      this.skipped.skip(entry.key);
      return undefined;
    }
    this.noteName(this.about.names.source, source);
    this.noteName(this.about.names.target, target);
    this.batch.push({ source, target });
    this.batchBytes += entry.size;
    return this.batch.length >= BATCH_ENTRIES || this.batchBytes >= BATCH_BYTES ? this.flush() : undefined;
  }

  /** Where another filesystem begins; one that is mounted nowhere of its own is walked next. */
  private isElsewhere(source: WalkEntry | null, target: WalkEntry | null): boolean {
    if (source?.type === 'd' && source.device !== this.devices.source) {
      if (!this.context.mounts.has(absoluteText(this.about.comparison.mount, source.path))) this.nested.push(source.path);
      return true;
    }
    return source === null && target?.type === 'd' && target.device !== this.devices.target;
  }

  private noteName(names: Spool, entry: WalkEntry | null): void {
    if (entry?.type === 'f' && entry.links > 1) void names.add(linkRecord(entry, null, false));
  }

  private async flush(): Promise<void> {
    const { batch, batchBytes } = this;
    [this.batch, this.batchBytes] = [[], 0];
    if (batch.length === 0) return;
    await this.pool.add(async () => {
      await this.job.admit(this.about.comparison.content ? batchBytes : 0, this.signal);
      const compare = () => compareBatch(this.about.comparison, batch, this.signal);
      await this.job.unit('verify files', batchAttributes(this.about.comparison.mount, batch), compare);
      this.job.count({ verifiedFiles: batch.length, verifiedBytes: batchBytes });
    });
  }
}

/** Batches go in the order of paths, as shards of a copy do. */
function batchAttributes(
  mount: string,
  batch: readonly { source: WalkEntry | null; target: WalkEntry | null }[],
): Record<string, string | number> {
  const pathOf = (pair = batch[0]) => absoluteText(mount, (pair?.source ?? pair?.target)?.path ?? '.');
  return { 'smartant.path': pathOf(), 'smartant.last_path': pathOf(batch.at(-1)), 'smartant.files': batch.length };
}
