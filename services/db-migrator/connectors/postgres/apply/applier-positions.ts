import { formatLsn, type Lsn } from '../replication/lsn';
import type { PgSession } from '../session/pg-session';
import type { Change } from './changes';
import { applierOf } from './share-changes';
import { MOVE_APPLIER, staleEpoch, type ClaimedPosition, type PositionOwner } from './stream-position';
import type { TargetTable } from './target-table';

/** How far each of several appliers is, as the target has it on record, and how they share changes out. */
export class ApplierPositions {
  private readonly unrecorded = new Map<string, TargetTable>();
  private isBegun = false;
  /** Up to where the batch that an earlier run left unfinished goes. */
  private readonly unfinishedTo: Lsn;
  private position: Lsn;

  constructor(
    /** Of the first applier. */
    private readonly session: PgSession,
    private readonly owner: PositionOwner,
    private readonly claimed: ClaimedPosition,
  ) {
    this.position = claimed.lsn;
    this.unfinishedTo = [...(claimed.unfinished?.positions.values() ?? [])].reduce((most, lsn) => (lsn > most ? lsn : most), claimed.lsn);
  }

  /** Nothing after the position of all is applied: what an earlier run left unfinished is done. */
  get isFinished(): boolean {
    return this.position >= this.unfinishedTo;
  }

  /** The position of all. */
  reached(lsn: Lsn): void {
    this.position = lsn;
  }

  /** As the earlier run shared it out, whatever the table is like now. */
  isDone(change: Change, commitLsn: Lsn | undefined): boolean {
    const { unfinished } = this.claimed;
    if (unfinished === null || commitLsn === undefined || commitLsn >= this.unfinishedTo || change.kind === 'truncate') return false;
    const applier = applierOf(change, unfinished.splits.get(change.table.unit) ?? 'none', unfinished.appliers);
    return applier !== undefined && commitLsn < (unfinished.positions.get(applier) ?? 0n);
  }

  learn(table: TargetTable): void {
    this.unrecorded.set(table.unit, table);
  }

  get hasToRecord(): boolean {
    return !this.isBegun || this.unrecorded.size > 0;
  }

  /** Before the first changes are shared out in this way: whoever comes after a crash has to know it. Nothing may be unfinished. */
  async record(appliers: number): Promise<void> {
    const { session, owner } = this;
    const key = [owner.migrationId, owner.slot.name];
    await session.transaction(async () => {
      const held = await session.query(HOLD, [...key, String(owner.epoch)]);
      if (held.length !== 1) throw staleEpoch(owner.migrationId);
      if (!this.isBegun) {
        for (const statement of FORGET) await session.query(statement, key);
        await session.query(BEGIN_APPLIERS, [...key, String(appliers)]);
      }
      for (const { unit, split } of this.unrecorded.values()) await session.query(RECORD, [...key, unit, split]);
    });
    this.isBegun = true;
    this.unrecorded.clear();
  }

  /** In the transaction of an applier that is not the first. */
  async move(session: PgSession, applier: number, to: Lsn): Promise<void> {
    const { migrationId, slot, epoch } = this.owner;
    const parameters = [migrationId, slot.name, String(epoch), String(applier), formatLsn(to)];
    if ((await session.executePrepared('applier', MOVE_APPLIER, parameters)) !== 1) throw staleEpoch(migrationId);
  }
}

const HOLD = 'SELECT FROM smartant.stream_position WHERE migration_id = $1 AND slot = $2 AND epoch = $3 FOR UPDATE';
/** Tables that an earlier run shared out, and this one leaves out, have no part in what it leaves unfinished. */
const FORGET = ['stream_applier', 'stream_split'].map((table) => `DELETE FROM smartant.${table} WHERE migration_id = $1 AND slot = $2`);
const BEGIN_APPLIERS = `INSERT INTO smartant.stream_applier (migration_id, slot, applier, appliers, epoch, lsn)
  SELECT p.migration_id, p.slot, n, $3, p.epoch, p.lsn FROM smartant.stream_position p, generate_series(1, $3::int - 1) n
  WHERE p.migration_id = $1 AND p.slot = $2`;
const RECORD = `INSERT INTO smartant.stream_split (migration_id, slot, unit, split) VALUES ($1, $2, $3, $4)
  ON CONFLICT (migration_id, slot, unit) DO UPDATE SET split = excluded.split`;
