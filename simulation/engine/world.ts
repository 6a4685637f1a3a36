import { EventQueue } from './event-queue';
import { Random } from './random';

/** A rule of the system does not hold. Ends the simulation of this seed. */
export class Violation extends Error {
  /** `rule`: which invariant, by a stable name. */
  constructor(
    readonly rule: string,
    message: string,
  ) {
    super(message);
  }
}

/** True time, what happens in it, and chance. Nothing of it is real: no clock, no timer, no promise. */
export class World {
  nowMs = 0;
  /** Events carried out so far. */
  steps = 0;
  /** Durable writes so far, of all databases: what crash faults count. */
  writes = 0;
  readonly random: Random;
  private readonly queue = new EventQueue();
  private readonly lines: string[] | null;

  constructor(seed: number, tracing: boolean) {
    this.random = new Random(seed, 'world');
    this.lines = tracing ? [] : null;
  }

  get isTracing(): boolean {
    return this.lines !== null;
  }

  /** What happened, a line each; empty unless traced. */
  get trace(): readonly string[] {
    return this.lines ?? [];
  }

  at(delayMs: number, run: () => void): void {
    this.queue.push(this.nowMs + delayMs, run);
  }

  /** A line of the trace. The text is only made when there is a trace. */
  note(who: string, text: () => string): void {
    this.lines?.push(`${(this.nowMs / 1_000).toFixed(3).padStart(9)} s  ${who.padEnd(12)} ${text()}`);
  }

  /** Lets time pass until `untilMs`, or until `done` says so. */
  run(untilMs: number, done: () => boolean = () => false): void {
    while (this.queue.nextAtMs <= untilMs && !done()) {
      const event = this.queue.pop();
      if (!event) break;
      this.nowMs = event.atMs;
      this.steps += 1;
      event.run();
    }
    if (!done()) this.nowMs = Math.max(this.nowMs, untilMs);
  }
}
