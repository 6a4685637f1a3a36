/** What a scope allows all its workers together; 0: no limit. Concurrency: objects in flight. */
export interface Limits {
  bytesPerSecond: number;
  requestsPerSecond: number;
  concurrency: number;
}

export const NO_LIMITS: Limits = { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 };

/** Whom a limit is shared by. Work is charged to every scope that it belongs to, and the tightest one decides. */
export type ScopeKind = 'migration' | 'endpoint' | 'workspace';

/** The limits of one scope, as they were set last. */
export interface ScopedLimits {
  /** See `scopeKey`. */
  scope: string;
  /** Grows with each change: what was set later wins, however late an earlier word arrives. */
  version: number;
  limits: Limits;
}

export function scopeKey(kind: ScopeKind, id: string): string {
  return `${kind}:${id}`;
}

const NARROWEST_FIRST: readonly string[] = ['migration', 'endpoint', 'workspace'];

/**
 * The order in which places are taken: narrowest first, so that nobody holds a place that many share while waiting for one
 * of its own; and the same everywhere, so that no two wait for each other.
 */
export function inEntryOrder(scopes: Iterable<string>): string[] {
  const rank = (scope: string): number => NARROWEST_FIRST.indexOf(scope.slice(0, scope.indexOf(':')));
  return [...new Set(scopes)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** True where something is limited at all. */
export function isLimited(limits: Limits): boolean {
  return limits.bytesPerSecond > 0 || limits.requestsPerSecond > 0 || limits.concurrency > 0;
}

/** Of each limit the tightest. */
export function strictest(all: readonly Limits[]): Limits {
  const tightest = (name: keyof Limits): number => {
    const set = all.map((limits) => limits[name]).filter((limit) => limit > 0);
    return set.length === 0 ? 0 : Math.min(...set);
  };
  return {
    bytesPerSecond: tightest('bytesPerSecond'),
    requestsPerSecond: tightest('requestsPerSecond'),
    concurrency: tightest('concurrency'),
  };
}
