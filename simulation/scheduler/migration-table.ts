import type { Database } from '../engine/database';
import type { DrivenMigration, MigrationChange } from './domain';
import { isAtRest } from './domain';

export interface MigrationRow {
  readonly migration: DrivenMigration;
  readonly revision: number;
  readonly claim: number | null;
  readonly claimedUntilMs: number;
  /** Null: only a user's request makes it due. */
  readonly dueAtMs: number | null;
  readonly failures: number;
}

export interface MigrationClaim {
  readonly migration: DrivenMigration;
  readonly revision: number;
  readonly token: number;
  readonly failures: number;
  /** The database's clock at the claim. */
  readonly nowMs: number;
}

/** A change as it waits to be published. */
export interface OutboxEvent {
  readonly id: number;
  readonly migrationId: string;
  readonly change: MigrationChange;
  /** Which life of the database committed it: after lost commits versions may come again. */
  readonly era: number;
}

/** The scheduler's tables, and the statements of its driver on them. Each method belongs into a transaction. */
export class MigrationTable {
  readonly rows = new Map<string, MigrationRow>();
  readonly outbox = new Map<string, OutboxEvent>();
  /** Every event that was committed: what consumers have to have heard of in the end. */
  readonly history = new Map<string, OutboxEvent>();
  /** Migrations that were created by commits that were lost. */
  readonly lost = new Set<string>();
  era = 1;
  private readonly created: string[] = [];
  private nextToken = 1;
  private nextEvent = 1;

  constructor(private readonly database: Database) {}

  /** Commits are gone: what they brought is told from what there is now. */
  beginEra(): void {
    this.era += 1;
    for (const id of this.created) if (!this.rows.has(id) && !this.removed(id)) this.lost.add(id);
  }

  private removed(id: string): boolean {
    for (const { migrationId, change } of this.history.values()) if (migrationId === id && change.change === 'deleted') return true;
    return false;
  }

  insert(migration: DrivenMigration): void {
    this.created.push(migration.id);
    this.put({ migration, revision: 1, claim: null, claimedUntilMs: 0, dueAtMs: this.database.nowMs, failures: 0 });
  }

  /** A change by a user: outdates the result of whoever has claimed it. */
  update(migration: DrivenMigration): void {
    const row = this.require(migration.id);
    this.put({ ...row, migration, revision: row.revision + 1, dueAtMs: this.database.nowMs, failures: 0 });
  }

  claim(claimMs: number, limit: number): MigrationClaim[] {
    const { nowMs } = this.database;
    const claims: MigrationClaim[] = [];
    for (const row of this.rows.values()) {
      if (claims.length === limit) break;
      if (row.dueAtMs === null || row.dueAtMs > nowMs || (row.claim !== null && row.claimedUntilMs > nowMs)) continue;
      const token = this.nextToken++;
      this.put({ ...row, claim: token, claimedUntilMs: nowMs + claimMs });
      claims.push({ migration: row.migration, revision: row.revision, failures: row.failures, token, nowMs });
    }
    return claims;
  }

  renew(claim: MigrationClaim, claimMs: number): 'kept' | 'changed' | 'lost' {
    const row = this.rows.get(claim.migration.id);
    if (!row || row.claim !== claim.token) return 'lost';
    this.put({ ...row, claimedUntilMs: this.database.nowMs + claimMs });
    return row.revision === claim.revision ? 'kept' : 'changed';
  }

  /** False, and nothing stored: changed or taken over meanwhile. `isChecked` false leaves that check out, to see that it is missed. */
  settle(claim: MigrationClaim, migration: DrivenMigration, dueInMs: number | null, isChecked = true): boolean {
    const row = this.rows.get(claim.migration.id);
    if (!row || (isChecked && (row.claim !== claim.token || row.revision !== claim.revision))) return false;
    const dueAtMs = dueInMs === null ? null : this.database.nowMs + dueInMs;
    this.put({ ...row, migration, revision: row.revision + 1, claim: null, claimedUntilMs: 0, dueAtMs, failures: 0 });
    return true;
  }

  /** After an effect that did not get through. */
  release(claim: MigrationClaim, dueInMs: number): void {
    const row = this.rows.get(claim.migration.id);
    if (!row || row.claim !== claim.token) return;
    const isSame = row.revision === claim.revision;
    const dueAtMs = this.database.nowMs + (isSame ? dueInMs : 0);
    this.put({ ...row, claim: null, claimedUntilMs: 0, failures: isSame ? row.failures + 1 : 0, dueAtMs });
  }

  abandon(claim: MigrationClaim): void {
    const row = this.rows.get(claim.migration.id);
    if (row?.claim === claim.token) this.put({ ...row, claim: null, claimedUntilMs: 0 });
  }

  delete(claim: MigrationClaim): boolean {
    const row = this.rows.get(claim.migration.id);
    if (!row || row.claim !== claim.token || row.revision !== claim.revision) return false;
    this.database.journal.put(this.rows, claim.migration.id, undefined);
    return true;
  }

  makeDue(id: string, runId: string): void {
    const row = this.rows.get(id);
    const { nowMs } = this.database;
    if (row && row.migration.runId === runId && row.dueAtMs !== null && row.dueAtMs > nowMs) this.put({ ...row, dueAtMs: nowMs });
  }

  append(migration: DrivenMigration, changes: readonly MigrationChange[]): void {
    for (const change of changes) {
      const id = this.nextEvent++;
      const event = { id, migrationId: migration.id, change, era: this.era };
      this.database.journal.put(this.outbox, String(id), event);
      this.database.journal.put(this.history, String(id), event);
    }
  }

  removeEvents(ids: readonly number[]): void {
    for (const id of ids) this.database.journal.put(this.outbox, String(id), undefined);
  }

  /** When somebody is to look next, by the database's clock; null: never. */
  nextDueAtMs(): number | null {
    let next: number | null = null;
    for (const row of this.rows.values()) {
      if (row.dueAtMs === null) continue;
      const atMs = row.claim === null ? row.dueAtMs : Math.max(row.dueAtMs, row.claimedUntilMs);
      if (next === null || atMs < next) next = atMs;
    }
    return next;
  }

  get allAtRest(): boolean {
    for (const { migration } of this.rows.values()) if (!isAtRest(migration)) return false;
    return true;
  }

  require(id: string): MigrationRow {
    const row = this.rows.get(id);
    if (!row) throw new Error(`no migration ${id}`);
    return row;
  }

  private put(row: MigrationRow): void {
    this.database.journal.put(this.rows, row.migration.id, row);
  }
}
