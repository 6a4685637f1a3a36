import type { FaultKind } from '../chaos/fault-kinds';
import type { SeededRandom } from '../chaos/seeded-random';

interface PlannedFault<World> {
  kind: FaultKind<World>;
  random: SeededRandom;
}

const noop = (): void => undefined;

/** A row of faults that a seed decides, each struck at the moment that somebody asks for the next; of what each harms, one at a time. */
export class FaultsInTurn<World> {
  struck = 0;
  /** How many met which phase. */
  readonly met: Record<string, number> = {};
  private readonly planned: PlannedFault<World>[];
  private readonly harmed = new Map<FaultKind['target'], Promise<void>>();
  private readonly startedMs = Date.now();

  constructor(
    private readonly world: World,
    kinds: readonly FaultKind<World>[],
    random: SeededRandom,
    readonly size: number,
    private readonly say: (line: string) => void,
  ) {
    this.planned = Array.from({ length: size }, () => ({ kind: random.weighted(kinds), random: random.fork() }));
  }

  get isOver(): boolean {
    return this.planned.length === 0;
  }

  /** Strikes the next one and resolves when it is healed; nothing when all have struck. `moment`: what it meets. */
  async strike(moment: string, who: string): Promise<void> {
    const fault = this.planned.shift();
    if (!fault) return;
    const { target, name } = fault.kind;
    const before = this.harmed.get(target) ?? Promise.resolve();
    const turn = before.then(() => fault.kind.strike(this.world, fault.random));
    this.harmed.set(target, turn.then(noop, noop));
    const what = await turn;
    this.struck += 1;
    this.met[moment] = (this.met[moment] ?? 0) + 1;
    const seconds = ((Date.now() - this.startedMs) / 1_000).toFixed(1);
    this.say(`fault ${this.struck}/${this.size} at ${seconds} s in ${moment} of ${who}: ${name}: ${what}`);
  }
}
