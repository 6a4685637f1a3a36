import type { CredentialRequest } from './resolve-credentials';

const AGAIN_AFTER_MS = 60 * 60_000;
const MOST_REMEMBERED = 10_000;

/**
 * Which uses of credentials are on record already. A migrator asks anew every few minutes for as long as it works: the trail tells of the
 * first time in an hour that a process asks for a run's endpoint, and of the first refusal of a kind, or it would grow with the clock.
 */
export class RecordedUses {
  private readonly atMs = new Map<string, number>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  has(request: CredentialRequest, code: string | null): boolean {
    const at = this.atMs.get(keyOf(request, code));
    return at !== undefined && this.nowMs() - at < AGAIN_AFTER_MS;
  }

  /** Once it is in the database. */
  add(request: CredentialRequest, code: string | null): void {
    const key = keyOf(request, code);
    this.atMs.delete(key);
    const [oldest] = this.atMs.keys();
    if (this.atMs.size >= MOST_REMEMBERED && oldest !== undefined) this.atMs.delete(oldest);
    this.atMs.set(key, this.nowMs());
  }
}

/** A process keeps its address, and not its port, from call to call. */
function keyOf({ caller, origin, runId, epoch, endpointId }: CredentialRequest, code: string | null): string {
  return JSON.stringify([caller, origin?.address.replace(/:\d+$/, ''), runId, epoch, endpointId, code]);
}
