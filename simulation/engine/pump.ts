import type { World } from './world';

/** Again after this long when nobody took up what is due. */
const AGAIN_MS = 700;

/**
 * Looks for work at the time at which there is some: in place of the polling of many idle processes, whose looks would
 * find nothing and cost the simulation most of its time.
 */
export class Pump {
  private armedAtMs = Infinity;
  private token = 0;

  /** `nextAtMs`: when there will be something to do, in true time; null: never, as things stand. */
  constructor(
    private readonly world: World,
    private readonly nextAtMs: () => number | null,
    private readonly look: () => void,
  ) {}

  /** To be called after every change that can bring work. */
  arm(): void {
    const { world } = this;
    const next = this.nextAtMs();
    if (next === null) return;
    const atMs = Math.max(world.nowMs, next);
    if (this.armedAtMs <= atMs) return;
    this.armedAtMs = atMs;
    const token = (this.token += 1);
    world.at(atMs - world.nowMs + world.random.int(1, 30), () => {
      if (token !== this.token) return;
      this.look();
      this.armedAtMs = world.nowMs + AGAIN_MS;
      world.at(AGAIN_MS, () => {
        if (token !== this.token) return;
        this.armedAtMs = Infinity;
        this.arm();
      });
    });
  }
}
