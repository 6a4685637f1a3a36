import { redactText } from '@smartant/platform/logging';

const CHECK_TIMEOUT_MS = 2_000;

export interface HealthReport {
  ready: boolean;
  draining: boolean;
  /** For each named check: "ok", or why it failed. */
  checks: Record<string, string>;
  /** What works but should be mended, by its source; readiness does not depend on it. */
  concerns: Record<string, string[]>;
}

/** What a service needs before it may be given work. Read by `/readyz` and by the gRPC health service. */
export class HealthRegistry {
  private readonly checks = new Map<string, () => Promise<void>>();
  private readonly concerns = new Map<string, () => string[]>();
  private readonly listeners = new Set<(ready: boolean) => void>();
  private draining = false;
  private starting: boolean;
  private lastReady: boolean | undefined;

  /** `starting`: not ready until `setStarted`, however well its checks do. */
  constructor(options: { starting?: boolean } = {}) {
    this.starting = options.starting ?? false;
  }

  /** Everything listens and works from now on. */
  setStarted(): void {
    this.starting = false;
  }

  /** Adds a check that rejects while its dependency cannot be used. It has two seconds; the name replaces an earlier one. */
  add(name: string, check: () => Promise<void>): void {
    this.checks.set(name, check);
  }

  /** Adds a source of what an operator should know and no load balancer should act on. */
  addConcerns(name: string, list: () => string[]): void {
    this.concerns.set(name, list);
  }

  /** From now on not ready: load balancers send no new work while the present work is finished. There is no way back. */
  setDraining(): void {
    this.draining = true;
    this.notify(false);
  }

  /** Calls `listener` now with what is known, and then whenever readiness changes. Gives the way to stop listening. */
  onReadyChange(listener: (ready: boolean) => void): () => void {
    this.listeners.add(listener);
    listener(this.lastReady ?? (!this.draining && !this.starting));
    return () => void this.listeners.delete(listener);
  }

  /** Runs all checks at once. */
  async report(): Promise<HealthReport> {
    const results = await Promise.all([...this.checks].map(async ([name, check]) => [name, await outcomeOf(check)] as const));
    const ready = !this.draining && !this.starting && results.every(([, outcome]) => outcome === 'ok');
    this.notify(ready);
    const concerns = [...this.concerns].map(([name, list]) => [name, list()] as const).filter(([, said]) => said.length > 0);
    return { ready, draining: this.draining, checks: Object.fromEntries(results), concerns: Object.fromEntries(concerns) };
  }

  private notify(ready: boolean): void {
    if (this.lastReady === ready) return;
    this.lastReady = ready;
    for (const listener of this.listeners) listener(ready);
  }
}

async function outcomeOf(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
  });
  const outcome = Promise.resolve()
    .then(check)
    .then(
      () => 'ok',
      (error: unknown) => redactText(error instanceof Error ? error.message : String(error)),
    );
  return Promise.race([outcome, timeout]).finally(() => clearTimeout(timer));
}
