import type { ModelClaim } from '@smartant/shards/model';
import { Process } from '../engine/process';
import { LEASE_MS } from '../scenario';
import { HeldShard, type MigratorParts } from './held-shard';
import { workOn } from './shard-work';

const WATCH_MS = 1_000;

/** One process of the migrator: a pool of workers that claim shards, as `ShardWorkers` does. */
export class MigratorNode {
  readonly process: Process;
  private held = new Set<HeldShard>();
  private claiming = 0;
  private isDraining = false;

  constructor(
    name: string,
    private readonly slots: number,
    private readonly parts: MigratorParts,
  ) {
    this.process = new Process(parts.world, name, () => {
      this.held = new Set();
      this.claiming = 0;
      this.isDraining = false;
    });
  }

  get freeSlots(): number {
    return this.process.isRunning && !this.isDraining ? this.slots - this.held.size - this.claiming : 0;
  }

  /** Claims one shard if there is one; the claim is committed before anything is done for it. */
  look(): void {
    if (this.freeSlots <= 0) return;
    const { database, model, world, mutations } = this.parts;
    const askedAtMs = world.nowMs;
    this.claiming += 1;
    if (mutations.has('effect-before-claim')) return this.lookAhead(askedAtMs);
    const claim = (): ModelClaim | null => {
      const [first] = model.claimable(database.nowMs);
      return first ? model.claim(first.shardId, this.process.name, database.nowMs) : null;
    };
    database.execute(
      this.process,
      claim,
      (claimed) => this.take(claimed, askedAtMs),
      () => (this.claiming -= 1),
    );
  }

  /** The mutation: works on what it reads, and tells the database afterwards. */
  private lookAhead(askedAtMs: number): void {
    const { database, model } = this.parts;
    const next = model.claimable(database.nowMs)[0];
    const claim = next && { ...next, epoch: next.epoch + 1, takenOver: false, incarnation: model.incarnation, claimId: -1 };
    this.take(claim ?? null, askedAtMs);
    if (!claim) return;
    const late = (): void => {
      const shard = model.shards.get(claim.shardId);
      if (shard && model.isClaimable(shard, database.nowMs)) model.claim(claim.shardId, this.process.name, database.nowMs);
    };
    database.execute(
      this.process,
      late,
      () => undefined,
      () => undefined,
    );
  }

  private take(claim: ModelClaim | null, askedAtMs: number): void {
    this.claiming -= 1;
    if (!claim) return;
    const { world } = this.parts;
    world.note(
      this.process.name,
      () => `claims ${claim.kind} ${claim.shardId} of ${claim.runId}, epoch ${claim.epoch}${claim.takenOver ? ', taken over' : ''}`,
    );
    const shard = new HeldShard(claim, this.process, this.parts, askedAtMs);
    this.held.add(shard);
    if (this.held.size === 1) this.keep(this.held);
    if (this.isDraining) shard.stop('handed-back');
    workOn(shard, () => {
      shard.isSettled = true;
      this.held.delete(shard);
      this.look();
    });
  }

  /** Graceful: hands back what is held, ends, and starts again. */
  drain(restartAfterMs: number): void {
    if (!this.process.isRunning || this.isDraining) return;
    this.isDraining = true;
    this.parts.world.note(this.process.name, () => 'is asked to stop');
    for (const shard of this.held) shard.stop('handed-back');
    const wait = (patience: number): void =>
      this.process.after(100, () => {
        if (this.held.size === 0 || patience === 0) this.process.kill(restartAfterMs);
        else wait(patience - 1);
      });
    wait(100);
  }

  /** Renews leases at a third of their length, and hears of pauses and ends each second, while anything is held. */
  private keep(held: Set<HeldShard>, rounds = 1): void {
    this.process.after(WATCH_MS, () => {
      if (held !== this.held || held.size === 0) return;
      const shards = [...held].filter((shard) => !shard.isSettled && shard.stopped !== 'lost');
      for (const shard of shards) if (!shard.isFresh) shard.stop('lost');
      if (rounds % 3 === 0) this.renew(shards);
      this.watch(shards);
      this.keep(held, rounds + 1);
    });
  }

  private renew(shards: HeldShard[]): void {
    const { database, model, world } = this.parts;
    const sentAtMs = world.nowMs;
    const work = (): HeldShard[] => shards.filter((shard) => model.renew(shard.claim, database.nowMs));
    const done = (kept: HeldShard[]): void => {
      for (const shard of shards) {
        if (!kept.includes(shard)) shard.stop('lost');
        else if (sentAtMs - shard.renewedAtMs < LEASE_MS) shard.renewedAtMs = sentAtMs;
      }
    };
    database.execute(this.process, work, done, () => undefined);
  }

  private watch(shards: HeldShard[]): void {
    const { database, model } = this.parts;
    const done = (): void => {
      for (const shard of shards) {
        const state = model.runs.get(shard.claim.runId)?.state ?? 'ended';
        if (state !== 'active') shard.stop(state === 'paused' ? 'handed-back' : 'lost');
      }
    };
    database.execute(
      this.process,
      () => undefined,
      done,
      () => undefined,
    );
  }
}
