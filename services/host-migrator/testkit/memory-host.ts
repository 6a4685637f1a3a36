import { SmartantError } from '@smartant/kernel';

/** What a migration keeps at a target. */
interface Bookkeeping {
  epoch: number;
}

/** A host that lives as long as a test: files by their path, services that write, and whether it starts. */
export class MemoryHost {
  readonly files = new Map<string, string>();
  readonly stopped = new Set<string>();
  readonly kept = new Map<string, Bookkeeping>();
  /** Whether its disk has been laid out for a migration. */
  isLaidOut = false;
  isBooted = false;
  /** Whether it answers after a boot. */
  boots = true;
  isDown = false;
  isCutOff = false;
  password = 'secret';

  /** As a service of the host writes. Raises where it was stopped. */
  write(service: string, path: string, content: string | null): void {
    if (this.stopped.has(service)) throw new Error(`${service} is stopped`);
    if (content === null) this.files.delete(path);
    else this.files.set(path, content);
  }

  /** What is kept for a migration, in the hands of a holder. Raises TARGET_FENCED when there has been a later one. */
  keptFor(migrationId: string, epoch: number): Bookkeeping {
    const kept = this.kept.get(migrationId) ?? { epoch };
    this.kept.set(migrationId, kept);
    if (kept.epoch > epoch) throw new SmartantError('TARGET_FENCED', 'Another holder has taken over.', { kind: 'precondition' });
    kept.epoch = epoch;
    return kept;
  }

  assertReachable(): void {
    if (!this.isDown) return;
    throw new SmartantError('HOST_UNREACHABLE', 'The host is down.', { kind: 'unavailable', retry: { kind: 'backoff' } });
  }

  tree(): Record<string, string> {
    return Object.fromEntries([...this.files].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
