import type { HostCounts } from '../../../domain/host-ledger';
import { DirectoryStack, type OpenDirectory } from './directory-stack';
import { judgeEntry, type JudgedSince } from './judge-entry';
import { absoluteText, type PathBytes } from './path-bytes';
import { SkippedBranch } from './skipped-branch';
import type { WalkEntry } from './walk-record';

/** What a plan of a filesystem is made with. */
export interface PlanParts {
  mount: string;
  since: JudgedSince;
  /** Left alone, with what is below, on both sides. */
  excludes: (path: PathBytes) => boolean;
  /** Put aside and not tried again: absolute, as `absoluteText` writes them. */
  putAside: ReadonlySet<string>;
  /** Where another filesystem begins. Absolute. */
  mounts: ReadonlySet<string>;
  count: (counts: HostCounts) => void;
}

/** Where a plan puts what has to be done. */
export interface PlanSinks {
  /** Carried with its content. */
  copy(entry: WalkEntry): Promise<void> | undefined;
  /** What is there at the target, of another type, goes before the next `copy` is done. */
  replace(path: PathBytes): void;
  /** A name of a file that has several; `changed`: it has to be carried. */
  linked(entry: WalkEntry, target: WalkEntry | null, changed: boolean): Promise<void> | undefined;
  /** Its own metadata are set in the end, after everything in it. */
  directory(path: PathBytes): Promise<void> | undefined;
  /** Goes, a directory after everything in it. */
  remove(path: PathBytes): Promise<void> | undefined;
  /** A filesystem that is mounted nowhere of its own (a subvolume of btrfs): walked next. */
  nested(path: PathBytes): void;
}

/**
 * Decides what becomes of each path of two merged walks. Keeps nothing but the directories that it is in.
 */
export class EntryPlan {
  private readonly stack: DirectoryStack;
  private readonly skipped = new SkippedBranch();
  private rootDevice: string | null = null;
  private targetDevice: string | null = null;

  constructor(
    private readonly parts: PlanParts,
    private readonly sinks: PlanSinks,
  ) {
    this.stack = new DirectoryStack((directory) => this.leave(directory));
  }

  /** A promise only where it has to wait. */
  visit(source: WalkEntry | null, target: WalkEntry | null): Promise<void> | undefined {
    const entry = source ?? (target as WalkEntry);
    if (this.skipped.contains(entry.key)) return undefined;
    const leaving = this.stack.leaveFor(entry.key);
    if (leaving) return leaving.then(() => this.decide(entry, source, target));
    return this.decide(entry, source, target);
  }

  async end(): Promise<void> {
    await this.stack.leaveAll();
  }

  private decide(entry: WalkEntry, source: WalkEntry | null, target: WalkEntry | null): Promise<void> | undefined {
    this.rootDevice ??= source?.device ?? null;
    this.targetDevice ??= target?.device ?? null;
    if (this.parts.excludes(entry.path)) return this.skip(entry);
    if (!source) return this.decideExtra(entry);
    if (source.type === 'd' && source.device !== this.rootDevice) return this.decideMount(source, target);
    this.parts.count({ listedFiles: 1, listedBytes: source.size });
    if (this.parts.putAside.size > 0 && this.parts.putAside.has(absoluteText(this.parts.mount, source.path))) {
      this.parts.count({ skippedFiles: 1 });
      return undefined;
    }
    const verdict = target ? judgeEntry(source, target, this.parts.since) : 'copy';
    if (source.type === 'd') return this.decideDirectory(source, target, verdict !== 'same');
    return this.decideFile(source, target, verdict);
  }

  private decideFile(source: WalkEntry, target: WalkEntry | null, verdict: 'same' | 'copy' | 'replace'): Promise<void> | undefined {
    const changed = verdict !== 'same';
    if (changed) this.stack.touch();
    if (verdict === 'replace') this.replace(source);
    if (source.type === 'f' && source.links > 1) return this.sinks.linked(source, target, changed);
    if (changed) return this.sinks.copy(source);
    this.parts.count({ unchangedFiles: 1 });
    return undefined;
  }

  private decideDirectory(source: WalkEntry, target: WalkEntry | null, changed: boolean): Promise<void> | undefined {
    const isNew = target?.type !== 'd';
    if (isNew) this.stack.touch();
    if (target && isNew) this.sinks.replace(source.path);
    this.stack.enter({ key: source.key, path: source.path, touched: changed, extra: false });
    if (isNew) return this.sinks.copy(source);
    if (!changed) this.parts.count({ unchangedFiles: 1 });
    return undefined;
  }

  /** Where something else is mounted, or a subvolume of its own begins: the directory is made, and what is in it is not this filesystem's. */
  private decideMount(source: WalkEntry, target: WalkEntry | null): Promise<void> | undefined {
    this.skipped.skip(source.key);
    if (!this.parts.mounts.has(absoluteText(this.parts.mount, source.path))) this.sinks.nested(source.path);
    if (target?.type === 'd') return undefined;
    this.stack.touch();
    if (target) this.sinks.replace(source.path);
    return this.sinks.copy(source);
  }

  private decideExtra(target: WalkEntry): Promise<void> | undefined {
    if (target.type === 'd' && target.device !== this.targetDevice) return this.skip(target);
    this.stack.touch();
    if (target.type !== 'd') return this.sinks.remove(target.path);
    this.stack.enter({ key: target.key, path: target.path, touched: true, extra: true });
    return undefined;
  }

  private leave({ extra, touched, path }: OpenDirectory): Promise<void> | undefined {
    if (extra) return this.sinks.remove(path);
    return touched ? this.sinks.directory(path) : undefined;
  }

  /** What the target has below goes with it. */
  private replace(source: WalkEntry): void {
    this.sinks.replace(source.path);
    this.skipped.skip(source.key);
  }

  private skip(entry: WalkEntry): undefined {
    this.skipped.skip(entry.key);
    return undefined;
  }
}
