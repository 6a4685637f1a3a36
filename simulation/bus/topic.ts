import type { Weather } from '../engine/weather';
import { Violation, type World } from '../engine/world';
import type { OutboxEvent } from '../scheduler/migration-table';

/**
 * The log of one partition and its consumer, which knows an event again by its id. Delivery is at least once: now and
 * then the consumer is set back by a few events, as after a rebalance.
 */
export class Topic {
  private readonly log: OutboxEvent[] = [];
  private offset = 0;
  private pending = false;
  private readonly seen = new Set<number>();
  private readonly versions = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly weather: Weather,
  ) {}

  append(event: OutboxEvent): void {
    this.log.push(event);
    this.deliver();
  }

  hasSeen(id: number): boolean {
    return this.seen.has(id);
  }

  private deliver(): void {
    if (this.pending) return;
    this.pending = true;
    const { world, weather } = this;
    const lateMs = world.random.chance(weather.late) ? world.random.int(1, weather.lateMs) : 1;
    world.at(lateMs, () => {
      this.pending = false;
      if (world.random.chance(weather.duplicate)) this.offset = Math.max(0, this.offset - world.random.int(1, 3));
      const event = this.log[this.offset];
      if (!event) return;
      this.offset += 1;
      this.consume(event);
      if (this.offset < this.log.length) this.deliver();
    });
  }

  private consume({ id, migrationId, change, era }: OutboxEvent): void {
    if (this.seen.has(id)) return;
    this.seen.add(id);
    const key = `${migrationId} ${era}`;
    const last = this.versions.get(key) ?? 0;
    if (change.version <= last)
      throw new Violation('version-order', `${migrationId}: "${change.change}" with version ${change.version} came after version ${last}`);
    this.versions.set(key, change.version);
  }
}
