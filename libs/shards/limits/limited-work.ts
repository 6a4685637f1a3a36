import { inEntryOrder, type ScopedLimits } from './limits';
import { RESOURCES, type Resource, type ScopeShare } from './scope-share';

/** What a piece of work costs one of its scopes. */
export interface Charge {
  scope: string;
  bytes: number;
  requests: number;
}

interface Need {
  share: ScopeShare;
  resource: Resource;
  /** Still to be collected. */
  lacking: number;
  collected: number;
}

interface Demand {
  needs: Need[];
  go: () => void;
}

/** Sums of fractions are never exact. */
const NEARLY_NOTHING = 1e-6;

/** What the process's limits do for its works. */
export interface LimitsBehind {
  /** The share of a scope that the work named when it was opened. */
  share(scope: string): ScopeShare;
  /** Something is waited for that only a draw can bring. */
  wanted(): void;
  closed(work: LimitedWork, scopes: readonly string[]): void;
}

/**
 * The limits as one run of this process meets them. Everything is paid for before it begins: a demand waits until each of
 * its scopes has granted all of it, first come, first served within the run. Only the first one collects, so that runs of
 * one process share a scope evenly, and a run that waits for its own slow limit hoards nothing of what it shares.
 */
export class LimitedWork {
  private readonly queue: Demand[] = [];

  constructor(
    private readonly scopes: readonly string[],
    private readonly behind: LimitsBehind,
  ) {}

  /** The limits of its scopes as the run's settings tell them. What is not named is not changed. */
  hear(limits: readonly ScopedLimits[]): void {
    for (const told of limits) if (this.scopes.includes(told.scope)) this.behind.share(told.scope).hear(told);
    this.serve();
  }

  /** Waits until all scopes allow it; at once where nothing is limited. Rejects with the signal's reason, charging nothing. */
  async take(charges: readonly Charge[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const needs = charges.flatMap(({ scope, ...amounts }) =>
      RESOURCES.filter((resource) => amounts[resource] > 0).map((resource) => need(this.behind.share(scope), resource, amounts[resource])),
    );
    if (needs.every(({ share, resource }) => share.rateOf(resource) === 0)) return;
    await this.wait(needs, signal);
  }

  /** Waits for a place in each scope and resolves with the function that gives them back. Rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<() => void> {
    const leaves: (() => void)[] = [];
    const leave = (): void => {
      for (const one of leaves.splice(0).reverse()) one();
    };
    try {
      for (const scope of inEntryOrder(this.scopes)) leaves.push(await this.enterOne(this.behind.share(scope), signal));
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Lets demands go that can go now. */
  serve(): void {
    for (let first = this.queue[0]; first && collectAll(first.needs); first = this.queue[0]) {
      this.queue.shift();
      first.go();
    }
    if (this.queue.length > 0) this.behind.wanted();
  }

  close(): void {
    this.behind.closed(this, this.scopes);
  }

  private async enterOne({ gate }: ScopeShare, signal: AbortSignal): Promise<() => void> {
    const leave = gate.tryEnter();
    if (leave) return leave;
    const entered = gate.enter(signal);
    this.behind.wanted();
    return entered;
  }

  private wait(needs: Need[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const demand: Demand = {
        needs,
        go: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = (): void => {
        this.queue.splice(this.queue.indexOf(demand), 1);
        for (const one of needs) abandon(one);
        reject(signal.reason);
        this.serve();
      };
      signal.addEventListener('abort', abort, { once: true });
      for (const { share, resource, lacking } of needs) share.lacking[resource] += lacking;
      this.queue.push(demand);
      this.serve();
    });
  }
}

function need(share: ScopeShare, resource: Resource, amount: number): Need {
  return { share, resource, lacking: amount, collected: 0 };
}

/** True once nothing is lacking any more. */
function collectAll(needs: Need[]): boolean {
  for (const one of needs) {
    const taken = one.lacking > 0 ? one.share.take(one.resource, one.lacking) : 0;
    one.share.lacking[one.resource] -= taken;
    one.collected += taken;
    one.lacking -= taken;
    if (one.lacking < NEARLY_NOTHING) settle(one);
  }
  return needs.every(({ lacking }) => lacking === 0);
}

function abandon(one: Need): void {
  one.share.giveBack(one.resource, one.collected);
  settle(one);
}

function settle(one: Need): void {
  one.share.lacking[one.resource] = Math.max(0, one.share.lacking[one.resource] - one.lacking);
  one.lacking = 0;
}
