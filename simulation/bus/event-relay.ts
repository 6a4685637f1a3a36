import type { Database } from '../engine/database';
import type { Process } from '../engine/process';
import type { Weather } from '../engine/weather';
import type { World } from '../engine/world';
import type { Mutation } from '../mutations';
import type { MigrationTable, OutboxEvent } from '../scheduler/migration-table';
import { Topic } from './topic';

const BATCH = 5;

/** Moves events from the outbox to the bus: in order, by one owner at a time, removed once they are published. */
export class EventRelay {
  /** Whose session holds the lock, and in which life; a session ends with its process or its server. */
  private owner: { process: Process; life: number } | null = null;

  constructor(
    private readonly options: {
      world: World;
      weather: Weather;
      database: Database;
      table: MigrationTable;
      topic: Topic;
      processes: readonly Process[];
      mutations: ReadonlySet<Mutation>;
    },
  ) {}

  /** True while there is something to move. */
  get hasWork(): boolean {
    return this.options.table.outbox.size > 0;
  }

  /** The server has restarted: all sessions are gone, and their locks with them. */
  loseSessions(): void {
    this.owner = null;
  }

  step(): void {
    if (this.owner && (!this.owner.process.isUp || this.owner.life !== this.owner.process.life)) this.owner = null;
    const running = this.options.processes.filter((process) => process.isRunning);
    if (running.length === 0) return;
    const process = this.owner?.process ?? this.options.world.random.pick(running);
    this.owner = { process, life: process.life };
    if (process.isRunning) this.move(process);
  }

  private move(process: Process): void {
    const { database, table, topic, world, mutations } = this.options;
    const nothing = (): void => undefined;
    const remove = (events: OutboxEvent[]) => (): void => table.removeEvents(events.map((event) => event.id));
    const take = (): OutboxEvent[] => [...table.outbox.values()].slice(0, BATCH);
    const early = mutations.has('relay-removes-first');
    const taken = (): OutboxEvent[] => {
      const events = take();
      if (early) remove(events)();
      return events;
    };
    const publish = (events: OutboxEvent[]): void => {
      let delayMs = 0;
      for (const event of events) process.after((delayMs += world.random.int(1, 5)), () => topic.append(event));
      process.after(delayMs + 1, () => !early && database.execute(process, remove(events), nothing, nothing));
    };
    database.execute(process, taken, publish, nothing);
  }
}
