import { Journal } from '@smartant/shards/model';
import type { Process } from './process';
import type { Weather } from './weather';
import { Violation, type World } from './world';

/** Raised where the database, or the way to it, does not answer: whether it committed is not known. */
export class DatabaseAway extends Error {}

/** The process died in its own request: nothing comes back. */
const DIED = Symbol('died');

export interface DatabaseHooks {
  /** Asked before and after each durable write. A number: the process that writes dies there, for so many milliseconds. */
  crashes: (write: number, when: 'before' | 'after') => number | null;
  /** After each commit. */
  committed: (database: Database) => void;
}

/** A database server as its clients see it: transactions that are durable once answered, a clock, and outages. */
export class Database {
  readonly journal = new Journal();
  clockOffsetMs = 0;
  /** Set by a failover that lost commits, until what that means has been dealt with. */
  mustRevalidate = false;
  private upAtMs = 0;
  /** Connections of earlier lives of the server are gone. */
  private life = 0;
  private readonly onLoss: (() => void)[] = [];
  private readonly onRestart: (() => void)[] = [];

  constructor(
    readonly name: string,
    private readonly world: World,
    private readonly weather: Weather,
    private readonly hooks: DatabaseHooks,
  ) {}

  /** Its clock, which times all leases. */
  get nowMs(): number {
    return this.world.nowMs + this.clockOffsetMs;
  }

  get isUp(): boolean {
    return this.world.nowMs >= this.upAtMs;
  }

  /** Called at the moment at which commits are lost. */
  whenCommitsAreLost(then: () => void): void {
    this.onLoss.push(then);
  }

  /** Called when its sessions end. */
  whenRestarted(then: () => void): void {
    this.onRestart.push(then);
  }

  /** Deals with lost commits: until then nothing is accepted. */
  revalidate(work: () => void): void {
    this.mustRevalidate = false;
    this.atOnce(work);
  }

  /** A transaction that nothing can come between. */
  atOnce(work: () => void): void {
    this.journal.transaction(this.world.nowMs, work);
    this.hooks.committed(this);
  }

  /** Stops, and comes back after a while without the commits of the last `loseMs`: 0 for a plain restart. */
  restart(downMs: number, loseMs: number): void {
    this.life += 1;
    this.upAtMs = Math.max(this.upAtMs, this.world.nowMs + downMs);
    for (const then of this.onRestart) then();
    if (loseMs === 0) return this.world.note(this.name, () => `restarts, down for ${downMs} ms`);
    // Commits carry the database's own clock, which may have jumped: what counts is true time.
    const lost = this.journal.loseAfter(this.world.nowMs - loseMs);
    this.world.note(this.name, () => `fails over after ${downMs} ms, ${lost} commits are lost`);
    if (lost === 0) return;
    for (const then of this.onLoss) then();
  }

  /** A transaction asked for over the network. `done` gets its result, or the error it ended with. */
  execute<T>(process: Process, work: () => T, done: (result: T) => void, failed: (error: unknown) => void): void {
    const { world, weather } = this;
    const { life } = this;
    const away = (): void => process.after(200, () => failed(new DatabaseAway()));
    if (world.random.chance(weather.loss) || process.isCutOff) return away();
    const { life: processLife } = process;
    world.at(1 + world.random.int(0, 2), () => {
      if (life !== this.life || !this.isUp || this.mustRevalidate) return away();
      const outcome = this.run(process, process.life === processLife, work);
      if (outcome === DIED) return;
      if (world.random.chance(weather.loss)) return away();
      if ('error' in outcome) process.after(1, () => failed(outcome.error));
      else process.after(1, () => (life === this.life ? done(outcome.result) : failed(new DatabaseAway())));
    });
  }

  private run<T>(process: Process, isAlive: boolean, work: () => T): { result: T } | { error: unknown } | typeof DIED {
    const { world, journal, hooks } = this;
    const write = world.writes + 1;
    const commits = journal.length;
    try {
      const result = journal.transaction(world.nowMs, () => {
        const value = work();
        if (isAlive && journal.isWriting && this.strikes(process, write, 'before')) throw DIED;
        return value;
      });
      if (journal.length === commits) return { result };
      world.writes = write;
      hooks.committed(this);
      return isAlive && this.strikes(process, write, 'after') ? DIED : { result };
    } catch (error) {
      if (error instanceof Violation) throw error;
      return error === DIED ? DIED : { error };
    }
  }

  private strikes(process: Process, write: number, when: 'before' | 'after'): boolean {
    const forMs = this.hooks.crashes(write, when);
    if (forMs === null) return false;
    this.world.note(process.name, () => `dies ${when} its write ${write}`);
    process.kill(forMs);
    return true;
  }
}
