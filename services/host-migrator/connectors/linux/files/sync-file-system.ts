import type { HostJob } from '../../../application/ports/host-engine';
import type { Ends } from './carrier';
import { exclusionsFor } from './exclusions';
import { EntryPlan, type PlanSinks } from './plan-entries';
import { under, type FilesOptions, type MigratedFileSystem } from './files-options';
import { isLinkedAlike, linkGroups, linkRecord } from './link-groups';
import { mergeWalks, WalkCursor } from './merge-walks';
import type { PathBytes } from './path-bytes';
import { walkUnsorted } from './fresh-target';
import { removeListed } from './remove-paths';
import { ShardPacker, type Shard, type StreamSize } from './shard';
import type { JudgedSince } from './judge-entry';
import type { ShardSender } from './shard-sender';
import { Spool } from './spool';
import type { SyncContext } from './sync-context';
import { walk, type Walked } from './walk';
import type { WalkEntry } from './walk-record';
import { WorkPool } from './work-pool';

export interface FileSystemSync {
  job: HostJob;
  options: FilesOptions;
  context: SyncContext;
  sender: ShardSender;
  size: StreamSize;
  putAside: ReadonlySet<string>;
}

/**
 * Makes one filesystem of the target what the source's is: what differs is carried while the walks are read; files of several names, then
 * what has to go, then directories (whose times all that has changed) follow when the walks have been seen to their ends.
 */
export async function syncFileSystem(sync: FileSystemSync, fileSystem: MigratedFileSystem, ends: Ends, signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const within = AbortSignal.any([signal, failed.signal]);
  const spools = await Promise.all([Spool.open(), Spool.open(), Spool.open()]);
  const round = new FileSystemRound(
    sync,
    fileSystem,
    ends,
    { links: spools[0], removals: spools[1], directories: spools[2] },
    failed,
    within,
  );
  try {
    await round.run();
  } catch (error) {
    signal.throwIfAborted();
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    failed.abort();
    await round.end();
    await Promise.all(spools.map((spool) => spool.close()));
  }
}

/** A header each, 1.5 KiB: what a connection between the hosts costs more than. */
const FEW_DIRECTORIES = 1_000;

interface Spools {
  links: Spool;
  removals: Spool;
  directories: Spool;
}

class FileSystemRound {
  private readonly packer: ShardPacker;
  private readonly pool: WorkPool;
  private readonly nested: PathBytes[] = [];
  private isReplaced = false;
  private last: Promise<void>[] = [];

  constructor(
    private readonly sync: FileSystemSync,
    private readonly fileSystem: MigratedFileSystem,
    private readonly ends: Ends,
    private readonly spools: Spools,
    private readonly failed: AbortController,
    private readonly signal: AbortSignal,
  ) {
    this.packer = new ShardPacker(sync.size);
    this.pool = new WorkPool(sync.context.streams, (error) => failed.abort(error));
  }

  async run(): Promise<void> {
    if (!this.sync.context.times.first) await this.compare('.');
    else await this.carryAtOnce();
    for (let at = 0; at < this.nested.length; at += 1) {
      // The directory in which it begins has to be there.
      await this.settle();
      await this.compare(this.nested[at] ?? '.');
    }
    await this.carryLinks();
    await this.send(this.packer.flush());
    const settled = this.pool.drain().then(() => this.remove());
    this.last = [settled, this.restoreDirectories(settled)];
    for (const each of this.last) each.catch((error: unknown) => this.failed.abort(error));
    await Promise.all(this.last);
  }

  /** When nothing of it writes any more, however it went: what still wrote would spoil what another attempt has already looked at. */
  async end(): Promise<void> {
    await Promise.allSettled([this.pool.drain(), ...this.last]);
  }

  /** Where the target has nothing yet there is nothing to compare with: what the source's walk tells is carried while it goes on, unsorted. */
  private async carryAtOnce(): Promise<void> {
    const { source, target } = this.walksFrom('.');
    const outcome = await walkUnsorted(source, target, (changes) => this.planWith(changes), this.signal);
    if (outcome === 'done') return;
    // What is on its way must be there before it is looked for.
    await this.settle();
    await this.compare('.', outcome === 'extra');
  }

  /** Walks both sides from a directory of this filesystem and carries what differs. `again`: all that is there has been counted. */
  private async compare(from: PathBytes, again = false): Promise<void> {
    const { context } = this.sync;
    const plan = this.planWith({}, again);
    const { source, target } = this.walksFrom(from);
    const [ofSource, ofTarget] = await Promise.all([
      WalkCursor.open(walk(source, context.sortSource, this.signal)),
      WalkCursor.open(walk(target, context.sortTarget, this.signal)),
    ]);
    await mergeWalks(ofSource, ofTarget, (a, b) => plan.visit(a, b));
    await plan.end();
  }

  private async settle(): Promise<void> {
    await this.send(this.packer.flush());
    await this.pool.drain();
  }

  private walksFrom(from: PathBytes): { source: Walked; target: Walked } {
    const { options, job, context } = this.sync;
    const { mount } = this.fileSystem;
    const { prune } = exclusionsFor(job, options, mount, context.mounts);
    return {
      source: { session: options.source, side: 'source', directory: this.ends.sourceDirectory, prune, from },
      target: { session: options.target, side: 'target', directory: under(options.targetRoot, mount), prune, from },
    };
  }

  private planWith(since: Partial<JudgedSince>, counted = false): EntryPlan {
    const { options, job, context, putAside } = this.sync;
    const { mount } = this.fileSystem;
    return new EntryPlan(
      {
        mount,
        since: { ...context.times, plain: this.ends.plain, ...since },
        excludes: exclusionsFor(job, options, mount, context.mounts).excludes,
        putAside,
        mounts: context.mounts,
        count: (counts) => (counted ? undefined : job.count(counts)),
      },
      this.sinks(),
    );
  }

  private sinks(): PlanSinks {
    return {
      copy: (entry) => this.copy(entry),
      replace: (path) => {
        this.packer.replace(path);
        this.isReplaced = true;
      },
      linked: (entry, target, changed) => this.spools.links.add(linkRecord(entry, target, changed)),
      directory: (path) => this.spools.directories.add(path),
      remove: (path) => this.spools.removals.add(path),
      nested: (path) => void (this.nested.includes(path) || this.nested.push(path)),
    };
  }

  /** What is in a directory goes into other shards: they would meet what stood in its place, or be removed with that. */
  private copy(entry: WalkEntry): Promise<void> | undefined {
    const packing = this.pack([entry]);
    const mustBeThere = this.isReplaced && entry.type === 'd';
    this.isReplaced = false;
    return mustBeThere ? (packing ?? Promise.resolve()).then(() => this.settle()) : packing;
  }

  private pack(entries: readonly Pick<WalkEntry, 'path' | 'size'>[]): Promise<void> | undefined {
    const full = this.packer.addAll(entries);
    return full.length === 0 ? undefined : this.send(full);
  }

  private async send(shards: readonly Shard[]): Promise<void> {
    for (const shard of shards) {
      await this.pool.add(() => this.sync.sender.send(this.fileSystem.mount, this.ends, shard, this.signal));
    }
  }

  private async carryLinks(): Promise<void> {
    const { context, job } = this.sync;
    for await (const group of linkGroups(this.spools.links, context.sortTarget, this.signal)) {
      if (isLinkedAlike(group)) {
        job.count({ unchangedFiles: group.length });
        continue;
      }
      for (const { entry } of group) await this.spools.directories.add(parentOf(entry.path));
      await this.pack(group.map(({ entry }) => entry));
    }
  }

  private async remove(): Promise<void> {
    const { removals } = this.spools;
    if (removals.records === 0) return;
    const { options, context, job } = this.sync;
    const names = removals.bytes();
    const remover = { target: options.target, confine: await context.confine() };
    const kept = await removeListed(remover, this.ends.targetDirectory, names, this.signal);
    job.count({ deletedFiles: removals.records - kept });
    if (kept > 0)
      job.info('Directories of the target stay, because something in them is left alone.', { mount: this.fileSystem.mount, kept });
  }

  /** When everything in them is done: their times stay as they are set then. The stream is opened meanwhile. */
  private async restoreDirectories(settled: Promise<void>): Promise<void> {
    const { directories } = this.spools;
    if (directories.records === 0) return;
    const names = async function* () {
      await settled;
      yield* directories.bytes();
    };
    const { way, near, confine } = this.sync.context;
    await confine();
    const carrier = directories.records <= FEW_DIRECTORIES ? near : way;
    await this.sync.sender.sendDirectories(this.fileSystem.mount, this.ends, { carrier, names }, this.signal);
  }
}

function parentOf(path: PathBytes): PathBytes {
  return path.slice(0, path.lastIndexOf('/')) || '.';
}
