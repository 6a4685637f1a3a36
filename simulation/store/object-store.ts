import type { Process } from '../engine/process';
import type { Weather } from '../engine/weather';
import type { World } from '../engine/world';
import { WRITE_DEADLINE_MS } from '../scenario';

/** What a write expects of the object that it replaces; null: nothing. 0 stands for "no object". */
export type Expected = number | null;

export class StoreRefused extends Error {}
export class PreconditionFailed extends Error {}

/**
 * The source and target of one migration: for each key a number that stands for its content, 0 for no object. A write
 * that was sent lands by itself, whatever became of its sender, at most WRITE_DEADLINE_MS later.
 */
export class ObjectPair {
  readonly source: number[];
  readonly target: number[];
  /** Contents of the source since the start, to tell what a copy of a living source may hold. */
  readonly history: { atMs: number; key: number; value: number }[] = [];
  /** Objects of the target that a landing write has changed are told here first. */
  onChange: (key: number, value: number, sentBy: string) => void = () => undefined;

  constructor(
    private readonly world: World,
    private readonly weather: Weather,
    readonly name: string,
    keys: number,
    private readonly requested: (process: Process) => void,
  ) {
    this.source = Array.from({ length: keys }, () => 1);
    this.target = Array.from({ length: keys }, () => 0);
  }

  changeSource(key: number, value: number): void {
    this.history.push({ atMs: this.world.nowMs, key, value: this.source[key] ?? 0 });
    this.source[key] = value;
    this.world.note(this.name, () => `source ${key} := ${value}`);
  }

  /** True when the source held that content at some time from `sinceMs` on. */
  heldSince(key: number, value: number, sinceMs: number): boolean {
    if (this.source[key] === value) return true;
    return this.history.some((entry) => entry.key === key && entry.value === value && entry.atMs >= sinceMs);
  }

  get isEqual(): boolean {
    return this.source.every((value, key) => this.target[key] === value);
  }

  /** The content of an object of the source as it is now; 0: it is gone. */
  read(process: Process, key: number): number {
    this.requested(process);
    return this.source[key] ?? 0;
  }

  /** Puts an object, or deletes it with 0. Nothing can call it back. */
  write(process: Process, key: number, value: number, expected: Expected, done: () => void, failed: (error: Error) => void): void {
    const { world, weather } = this;
    if (world.random.chance(weather.storeError)) return process.after(5, () => failed(new StoreRefused()));
    const landsInMs = world.random.chance(weather.stuckWrite) ? world.random.int(5_000, WRITE_DEADLINE_MS) : world.random.int(1, 300);
    world.note(process.name, () => `sends ${this.name}[${key}] := ${value}, lands in ${landsInMs} ms`);
    this.requested(process);
    world.at(landsInMs, () => {
      const fits = expected === null || (this.target[key] ?? 0) === expected;
      if (fits) this.land(key, value, process.name);
      process.after(1, () => (fits ? done() : failed(new PreconditionFailed())));
    });
  }

  private land(key: number, value: number, sentBy: string): void {
    if (this.target[key] === value) return;
    this.world.note(this.name, () => `target ${key} := ${value}, sent by ${sentBy}`);
    this.target[key] = value;
    this.onChange(key, value, sentBy);
  }
}
