import type { Admit } from '../../../application/ports/database-engine';
import { withTargetColumns, type Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { readCatalog } from '../catalog/read-catalog';
import type { PgEndpoint } from '../session/pg-session';
import { allSettledOrFirst, isSameDigest, type TableDigest } from './digest-tables';
import { FollowedSide, keyOf, subtract, type SideTask } from './followed-side';
import type { RowForm } from './row-digest';
import type { SnapshotPair } from './snapshot-sessions';
import { pairQueries, pairTables, type PairingOptions, type TablePair } from './table-pairs';

export interface FollowOptions extends PairingOptions {
  source: PgEndpoint;
  target: PgEndpoint;
  migrationId: string;
  level: 'content' | 'counts';
  /** Sessions on each side. */
  jobs: number;
  /** The key of the hashes. */
  seed: string;
  /** What the names of its slots begin with. */
  slot: string;
  publications: { source: readonly string[]; target: readonly string[] };
  admit?: Admit;
  /** Before each part of either side: waits while others are to have the servers for themselves. */
  beforePart?: (signal: AbortSignal) => Promise<void>;
  onProgress?: (done: { rows: number; bytes: number }) => void;
  signal: AbortSignal;
}

/** Both sides of a table at the moment that was asked for. */
export interface CarriedDigest {
  form: RowForm;
  source: TableDigest;
  target: TableDigest;
}

/** Rows that have changed since the base; fewer are looked up in a second or so, and worth no other base. */
const FEW_ROWS = 5_000;
const MOST_BASES = 6;

/**
 * Verification that is done ahead, while both sides go on: each side is hashed at a moment of its own, and its digests are brought to the frozen
 * position by the rows that changed since, as that side's own log tells them. So in the freeze only those rows are read, and what is compared is
 * the content of both sides at the frozen position all the same (docs/adr/0014-postgres-migrations.md).
 */
export class FollowedVerification {
  private constructor(
    private readonly pairs: readonly TablePair[],
    private readonly source: FollowedSide,
    private readonly target: FollowedSide,
  ) {}

  static async begin(options: FollowOptions): Promise<FollowedVerification> {
    const { source, target, publications, slot, tables, onProgress, signal } = options;
    const session = await target.open({ applicationName: `smartant verify ${options.migrationId}`, signal });
    const catalog = await readCatalog(session, signal).finally(() => session.close());
    const pairs = pairTables(options, catalog.tables);
    const targets = pairs.flatMap((pair) => pair.target ?? []);
    const onPart = (rows: number, bytes: number) => onProgress?.({ rows, bytes });
    const atSource = await FollowedSide.begin({ ...options, endpoint: source, publications: publications.source, slot, tables, onPart });
    let atTarget: FollowedSide | undefined;
    try {
      const ofTarget = { endpoint: target, publications: publications.target, slot: `${slot}_t`, tables: targets };
      atTarget = await FollowedSide.begin({ ...options, ...ofTarget, admit: undefined });
      const both = new FollowedVerification(pairs, atSource, atTarget);
      await both.digest(both.followed(), options.level === 'counts' ? 'count' : 'binary');
      return both;
    } catch (error) {
      await atTarget?.close();
      await atSource.close();
      throw error;
    }
  }

  /** Tables of the source that have to be compared as a whole, since their changes are not told, or name no row. */
  get unfollowed(): Table[] {
    return this.pairs.filter((pair) => !this.isFollowed(pair)).map(({ table }) => table);
  }

  /** Where the source's digests begin: what was committed there before is in them. */
  get sourcePosition(): string {
    return this.source.position;
  }

  /** Rows that have to be looked up at the end, of both sides. */
  get changedRows(): number {
    return this.source.changedRows + this.target.changedRows;
  }

  /**
   * Tables that differ in rows which nobody has changed meanwhile, so that what is still under way does not explain it. Call it when the target has
   * everything that the source's snapshot has.
   */
  async differing(): Promise<Table[]> {
    await allSettledOrFirst([this.source.catchUp(), this.target.catchUp()]);
    const unequal = await this.unequal(this.followed());
    const binary = unequal.filter((pair) => this.source.digestOf(pair.table)?.form === 'binary');
    // What differs in binary is asked again in text, which decides.
    await this.digest(binary, 'text');
    return (await this.unequal(unequal)).map(({ table }) => table);
  }

  /** Takes new bases as long as that makes fewer rows to look up at the end. */
  async advance(): Promise<void> {
    for (let bases = 0; bases < MOST_BASES && this.changedRows > FEW_ROWS; bases += 1) {
      const before = this.changedRows;
      await allSettledOrFirst([this.source.advance(this.tasks('source')), this.target.advance(this.tasks('target'))]);
      if (this.changedRows > before / 2) return;
    }
  }

  /** Digests at the moment that the pair sees, by the source's table; those that are missing have to be made anew. */
  async carry(pair: SnapshotPair): Promise<Map<string, CarriedDigest>> {
    await allSettledOrFirst([
      this.source.carry(this.tasks('source'), pair.source.sessions),
      this.target.carry(this.tasks('target'), pair.target.sessions),
    ]);
    const carried = this.pairs.flatMap((each) => {
      const digest = this.carried(each);
      return digest ? [[nameOf(each.table), digest] as const] : [];
    });
    return new Map(carried);
  }

  /** May be called again. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await allSettledOrFirst([this.source.close(), this.target.close()]);
  }

  private isClosed = false;

  private carried({ table, target }: TablePair): CarriedDigest | undefined {
    const [theirs, ours] = [this.source.digestOf(table), target && this.target.digestOf(target)];
    return theirs && ours && theirs.form === ours.form ? { form: theirs.form, source: theirs.digest, target: ours.digest } : undefined;
  }

  private isFollowed({ table, target }: TablePair): boolean {
    return target !== null && target.kind === 'r' && this.source.isFollowed(table) && this.target.isFollowed(target);
  }

  private followed(): TablePair[] {
    return this.pairs.filter((pair) => this.isFollowed(pair));
  }

  private tasks(side: 'source' | 'target', pairs: readonly TablePair[] = this.followed(), form?: RowForm): SideTask[] {
    return pairs.map((pair) => {
      const as = form ?? this.source.digestOf(pair.table)?.form ?? 'binary';
      const [theirs, ours] = pairQueries(pair, as);
      return side === 'source' ? { table: pair.table, query: theirs, form: as } : { table: pair.target!, query: ours, form: as };
    });
  }

  private async digest(pairs: readonly TablePair[], form: RowForm): Promise<void> {
    if (pairs.length === 0) return;
    await allSettledOrFirst([this.source.digest(this.tasks('source', pairs, form)), this.target.digest(this.tasks('target', pairs, form))]);
  }

  private async unequal(pairs: readonly TablePair[]): Promise<TablePair[]> {
    const found: TablePair[] = [];
    for (const pair of pairs) if (await this.differsAtRest(pair)) found.push(pair);
    return found;
  }

  private async differsAtRest(pair: TablePair): Promise<boolean> {
    const carried = this.carried(pair);
    const target = pair.target!;
    const [theirs, ours] = [this.source.changed(pair.table), this.target.changed(target)];
    // Where rows go by other names at the other side, it is seen at the end.
    if (!carried || !theirs || !ours || keyOf(withTargetColumns(pair.table)).join() !== keyOf(target).join()) return false;
    if (isSameDigest(carried.source, carried.target)) return false;
    const changed = new Set([...theirs, ...ours]);
    const [[task], [other]] = [this.tasks('source', [pair]), this.tasks('target', [pair])];
    const [left, right] = await Promise.all([this.source.under(task!, changed), this.target.under(other!, changed)]);
    return left !== undefined && right !== undefined && !isSameDigest(subtract(carried.source, left), subtract(carried.target, right));
  }
}
