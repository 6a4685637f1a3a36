import { faultKinds, untilHealthy, type FaultKind, type FaultWorld } from './fault-kinds';
import type { SeededRandom } from './seeded-random';

interface PlannedFault {
  kind: FaultKind;
  random: SeededRandom;
}

/** Faults side by side; of what each harms, one at a time. */
const LANES = 3;

/** A row of faults that a seed decides: their kinds, their victims, their lengths. */
export class FaultSchedule {
  struck = 0;
  private readonly planned: PlannedFault[];
  private readonly harmed = new Set<FaultKind['target']>();
  private readonly startedMs = Date.now();

  constructor(
    private readonly world: FaultWorld,
    random: SeededRandom,
    readonly size: number,
    private readonly say: (line: string) => void,
  ) {
    const kinds = faultKinds(world);
    this.planned = Array.from({ length: size }, () => ({ kind: random.weighted(kinds), random: random.fork() }));
  }

  /** Strikes them all; everything is healed when it resolves. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: LANES }, () => this.lane()));
    await untilHealthy(this.world);
  }

  private async lane(): Promise<void> {
    for (let fault = this.take(); fault || this.planned.length > 0; fault = this.take()) {
      if (fault) await this.strike(fault);
      // All that is left would harm what is being harmed already.
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The first that harms nothing which is being harmed already. */
  private take(): PlannedFault | undefined {
    const at = this.planned.findIndex(({ kind }) => !this.harmed.has(kind.target));
    const [fault] = at < 0 ? [] : this.planned.splice(at, 1);
    if (fault) this.harmed.add(fault.kind.target);
    return fault;
  }

  private async strike({ kind, random }: PlannedFault): Promise<void> {
    try {
      const what = await kind.strike(this.world, random);
      this.struck += 1;
      const seconds = ((Date.now() - this.startedMs) / 1_000).toFixed(1);
      this.say(`fault ${this.struck}/${this.size} at ${seconds} s: ${kind.name}: ${what}`);
    } finally {
      this.harmed.delete(kind.target);
    }
  }
}
