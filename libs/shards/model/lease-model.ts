import { sumLedgers, type LedgerCounters } from '../ledger';
import type { Json, RunState } from '../shard';
import type { Journal } from './journal';
import { ALL_RULES, ModelLeaseLost, type ModelClaim, type ModelRules, type ModelRun, type ModelShard } from './lease-state';
import { ZombieHorizon } from './zombie-horizon';

export interface LeaseModelOptions {
  journal: Journal;
  leaseMs: number;
  /** The longest that a write to a target may be on its way. */
  writeDeadlineMs: number;
  rules?: Partial<ModelRules>;
  /** Told of each write that was accepted of a claim that is not the shard's latest: never, while all rules hold. */
  onStaleWrite?: (claim: ModelClaim, shard: ModelShard) => void;
}

export interface ModelCheckpoint {
  position: Json;
  ledger: LedgerCounters;
}

/**
 * The rules of shards, runs and leases as a program without a database: what `ShardStore` does in SQL, with the clock as an
 * argument. Every method is to be called within a transaction of the journal. `conformance.spec.ts` holds it to the SQL.
 */
export class LeaseModel {
  readonly runs = new Map<string, ModelRun>();
  /** Shards that wait or are held. */
  readonly shards = new Map<string, ModelShard>();
  readonly finished = new Map<string, ModelShard>();
  /** Grows when acknowledged commits may have been lost. */
  incarnation = 1;
  private readonly rules: ModelRules;
  private nextShard = 1;
  private nextClaim = 1;
  readonly horizon: ZombieHorizon;

  constructor(private readonly options: LeaseModelOptions) {
    this.rules = { ...ALL_RULES, ...options.rules };
    this.horizon = new ZombieHorizon(options.journal, this.rules, options.writeDeadlineMs);
  }

  addRun(runId: string, migrationId: string): void {
    this.putRun({ runId, migrationId, state: 'active', ledger: {} });
  }

  /** `afterZombies`: not to be claimed before the last moment at which a former holder's write could land. Answers with their ids. */
  addShards(
    runId: string,
    shards: { kind: string; ordinal: number; range: Json; id?: string }[],
    nowMs: number,
    afterZombies = false,
  ): string[] {
    const run = this.requireRun(runId);
    const notBeforeMs = afterZombies ? Math.max(nowMs, this.horizon.of(run)) : nowMs;
    return shards.map(({ kind, ordinal, range, id }) => {
      const shardId = id ?? `shd_${this.nextShard++}`;
      this.putShard({
        shardId,
        runId,
        migrationId: run.migrationId,
        kind,
        ordinal,
        range,
        position: null,
        state: 'pending',
        epoch: 0,
        workerId: null,
        leaseUntilMs: 0,
        notBeforeMs,
        attempts: 0,
        takeovers: 0,
        ledger: {},
        claimId: 0,
      });
      return shardId;
    });
  }

  /** May be claimed now. */
  isClaimable(shard: ModelShard, nowMs: number): boolean {
    return this.runs.get(shard.runId)?.state === 'active' && this.dueAtMs(shard) <= nowMs;
  }

  /** Those that may be claimed now. Which of them is served first is a matter of fairness, not of safety. */
  claimable(nowMs: number): ModelShard[] {
    return [...this.shards.values()].filter((shard) => this.isClaimable(shard, nowMs));
  }

  /** When the next shard may be claimed; null: none without a change. */
  nextClaimableAtMs(): number | null {
    let next: number | null = null;
    for (const shard of this.shards.values()) {
      if (this.runs.get(shard.runId)?.state !== 'active') continue;
      const dueAtMs = this.dueAtMs(shard);
      if (next === null || dueAtMs < next) next = dueAtMs;
    }
    return next;
  }

  private dueAtMs(shard: ModelShard): number {
    if (shard.state === 'pending') return shard.notBeforeMs;
    // What kills its holders again and again is taken over ever later.
    return shard.leaseUntilMs + (shard.takeovers === 0 ? 0 : Math.min(60_000, 1_000 * 2 ** (shard.takeovers - 1)));
  }

  /** Raises the epoch and leases it; the claim of an expired lease is a takeover, after which zombies may write for a while. */
  claim(shardId: string, workerId: string, nowMs: number): ModelClaim {
    const shard = this.shards.get(shardId);
    if (!shard || !this.isClaimable(shard, nowMs)) throw new Error(`${shardId} can't be claimed`);
    const takenOver = shard.state === 'leased';
    if (takenOver) this.horizon.extend(this.requireRun(shard.runId), nowMs);
    const epoch = this.rules.epochs ? shard.epoch + 1 : 1;
    const claimId = this.nextClaim++;
    const takeovers = shard.takeovers + (takenOver ? 1 : 0);
    this.putShard({ ...shard, state: 'leased', workerId, epoch, takeovers, leaseUntilMs: nowMs + this.options.leaseMs, claimId });
    const { runId, migrationId, kind, range, position, attempts } = shard;
    return { shardId, runId, migrationId, kind, range, position, attempts, epoch, takenOver, incarnation: this.incarnation, claimId };
  }

  /** A lease that ran out but was not taken yet is renewed. False: it is lost. */
  renew(claim: ModelClaim, nowMs: number): boolean {
    const shard = this.heldBy(claim);
    if (!shard) return false;
    this.putShard({ ...shard, leaseUntilMs: nowMs + this.options.leaseMs });
    return true;
  }

  /** Raises ModelLeaseLost. */
  checkpoint(claim: ModelClaim, { position, ledger }: ModelCheckpoint, nowMs: number): void {
    const shard = this.assertHeld(claim);
    this.addToRun(shard.runId, ledger);
    const leaseUntilMs = nowMs + this.options.leaseMs;
    this.putShard({ ...shard, position, ledger: sumLedgers(shard.ledger, ledger), attempts: 0, takeovers: 0, leaseUntilMs });
  }

  /** True when no other shard of the run is left, and the run goes on to its next stage. Raises ModelLeaseLost. */
  complete(claim: ModelClaim, { position, ledger }: ModelCheckpoint): boolean {
    const shard = this.assertHeld(claim);
    this.addToRun(shard.runId, ledger);
    this.putShard(undefined, shard.shardId);
    const done: ModelShard = { ...shard, position, ledger: sumLedgers(shard.ledger, ledger), state: 'done' };
    this.options.journal.put(this.finished, shard.shardId, done);
    for (const other of this.shards.values()) if (other.runId === shard.runId) return false;
    return true;
  }

  /** Put back after a failure. Raises ModelLeaseLost. */
  fail(claim: ModelClaim, delayMs: number, nowMs: number): void {
    const shard = this.assertHeld(claim);
    this.putShard({ ...shard, state: 'pending', attempts: shard.attempts + 1, notBeforeMs: nowMs + delayMs });
  }

  /** Handed back to be claimed at once. Raises ModelLeaseLost. */
  release(claim: ModelClaim): void {
    this.putShard({ ...this.assertHeld(claim), state: 'pending' });
  }

  /** As `release` after the lease ran out, when what was in flight may land late. Nothing happens when it is another's by now. */
  giveUp(claim: ModelClaim, nowMs: number): void {
    const shard = this.heldBy(claim);
    if (!shard) return;
    this.putShard({ ...shard, state: 'pending' });
    this.mayLandLate(claim, nowMs);
  }

  /** Keeps the first part of the range and makes the rest a shard of its own. Raises ModelLeaseLost. */
  split(claim: ModelClaim, keep: Json, rest: Json, nowMs: number, id?: string): string {
    const shard = this.assertHeld(claim);
    this.putShard({ ...shard, range: keep });
    const [made] = this.addShards(shard.runId, [{ kind: shard.kind, ordinal: shard.ordinal, range: rest, id }], nowMs);
    return made as string;
  }

  /** A request was given up whose write may still land. */
  mayLandLate({ runId }: ModelClaim, nowMs: number): void {
    const run = this.runs.get(runId);
    if (this.rules.horizonOnHandBack && run) this.horizon.extend(run, nowMs);
  }

  /** Raises ModelLeaseLost. */
  assertHeld(claim: ModelClaim): ModelShard {
    const shard = this.heldBy(claim);
    if (!shard) throw new ModelLeaseLost(claim.shardId);
    return shard;
  }

  /** `ended` cancels what is not done, which fences its holders; what they have sent may still land. */
  setRunState(runId: string, state: RunState): void {
    const run = this.runs.get(runId);
    if (!run) return;
    if (state === 'ended') this.cancelShards(runId);
    if (run.state !== 'ended') this.putRun({ ...run, state });
  }

  /** Holders go on until they hear of it, at most until their leases run out. */
  cancelShards(runId: string): void {
    for (const shard of this.shards.values()) {
      if (shard.runId !== runId) continue;
      if (shard.state === 'leased') this.horizon.extend(this.requireRun(runId), shard.leaseUntilMs);
      this.putShard(undefined, shard.shardId);
    }
  }

  /** Acknowledged commits are gone: whoever held a shard then may write for as long as its lease and its requests last. */
  beginIncarnation(nowMs: number): void {
    if (!this.rules.incarnation) return;
    this.incarnation += 1;
    this.horizon.extendAll(nowMs + 2 * this.options.leaseMs);
  }

  forgetMigration(migrationId: string): void {
    const { journal } = this.options;
    for (const run of this.runs.values()) if (run.migrationId === migrationId) journal.put(this.runs, run.runId, undefined);
    for (const shard of this.shards.values()) if (shard.migrationId === migrationId) this.putShard(undefined, shard.shardId);
    for (const shard of this.finished.values()) if (shard.migrationId === migrationId) journal.put(this.finished, shard.shardId, undefined);
  }

  finishedOf(runId: string, kind: string): ModelShard[] {
    return [...this.finished.values()].filter((shard) => shard.runId === runId && shard.kind === kind);
  }

  private heldBy(claim: ModelClaim): ModelShard | null {
    const shard = this.shards.get(claim.shardId);
    if (!shard || (this.rules.incarnation && claim.incarnation !== this.incarnation)) return null;
    if (this.rules.fencing && (shard.state !== 'leased' || shard.epoch !== claim.epoch)) return null;
    if (shard.claimId !== claim.claimId) this.options.onStaleWrite?.(claim, shard);
    return shard;
  }

  private addToRun(runId: string, ledger: LedgerCounters): void {
    const run = this.requireRun(runId);
    this.putRun({ ...run, ledger: sumLedgers(run.ledger, ledger) });
  }

  private requireRun(runId: string): ModelRun {
    const run = this.runs.get(runId);
    if (!run) throw new Error(`there is no run ${runId}`);
    return run;
  }

  private putRun(run: ModelRun): void {
    this.options.journal.put(this.runs, run.runId, run);
  }

  private putShard(shard: ModelShard | undefined, shardId = shard?.shardId ?? ''): void {
    this.options.journal.put(this.shards, shardId, shard);
  }
}
