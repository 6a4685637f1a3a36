import type { AuditActor, AuditFact, AuditTarget } from '../ports/audit';

export interface Refusal {
  actor: AuditActor;
  /** `<target>.<verb>` that was tried. */
  action: string;
  workspaceId: string | null;
  target: AuditTarget;
  /** Stable code of the refusal. */
  code: string;
}

export interface RefusalLogOptions {
  /** Writes a fact by itself: nothing changed that it could be kept with. */
  append: (actor: AuditActor, fact: AuditFact) => Promise<void>;
  onError: (error: unknown) => void;
}

/** How many different refusals of one minute get entries of their own; the rest is one entry. */
const MOST_KEYS = 60;

interface Counted {
  refusal: Refusal;
  times: number;
}

/**
 * Writes refusals into the trail, so bounded that a flood of them can't fill it: the first of each actor, address, target and code in a
 * minute at once, those that follow as one entry with their number when the minute is over. What was only counted is lost with the process.
 */
export class RefusalLog {
  private counted = new Map<string, Counted>();
  private readonly writing = new Set<Promise<void>>();

  constructor(private readonly options: RefusalLogOptions) {}

  /** Never raises and never waits: who is refused is answered all the same. */
  note(refusal: Refusal): void {
    const kept = this.counted.size < MOST_KEYS || this.counted.has(keyOf(refusal)) ? refusal : manyOthers(refusal.code);
    const known = this.counted.get(keyOf(kept));
    if (known) {
      known.times += 1;
      return;
    }
    this.counted.set(keyOf(kept), { refusal: kept, times: 0 });
    this.write(kept, 1);
  }

  /** Writes what was counted since the last call. To be called each minute, and at the end. */
  async flush(): Promise<void> {
    const counted = [...this.counted.values()];
    this.counted = new Map();
    for (const { refusal, times } of counted) if (times > 0) this.write(refusal, times);
    await Promise.all(this.writing);
  }

  private write({ actor, code, ...refused }: Refusal, times: number): void {
    const fact: AuditFact = { ...refused, before: null, after: { times }, outcome: 'refused', code };
    const written = this.options.append(actor, fact).catch((error: unknown) => this.options.onError(error));
    this.writing.add(written);
    void written.finally(() => this.writing.delete(written));
  }
}

function keyOf({ actor, action, workspaceId, target, code }: Refusal): string {
  return JSON.stringify([actor.userId, actor.origin?.address, action, workspaceId, target.id, code]);
}

/** Codes are few, so this is bounded too. */
function manyOthers(code: string): Refusal {
  return {
    actor: { userId: 'various' },
    action: 'request.refuse',
    workspaceId: null,
    target: { kind: 'platform', id: 'various', name: null },
    code,
  };
}
