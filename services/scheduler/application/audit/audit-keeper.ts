import type { ChainHead } from '@smartant/proof';
import type { AuditTrail, SignStatement, StoredStatement } from '../ports/audit-trail';
import { checkKept, checkSegment } from './check-segment';

const SEAL_AT_ONCE = 500;
const REMOVE_AT_ONCE = 5_000;

export interface AuditKeeperOptions {
  trail: AuditTrail;
  sign: SignStatement;
  /** Entries older than this are removed; null: all are kept for ever. */
  retentionDays: number | null;
  /** Entries that were put into their chains, and whether the chains are whole. */
  observer: { sealed(entries: number): void; broken(chain: string, seq: number): void };
}

/** What is done for the trail by itself: any replica, any time, again and again. */
export class AuditKeeper {
  private readonly broken = new Map<string, number>();

  constructor(private readonly options: AuditKeeperOptions) {}

  /** Seals all that is pending. */
  async seal(): Promise<void> {
    const { trail, observer } = this.options;
    let sealed: number;
    do {
      sealed = await trail.seal(SEAL_AT_ONCE);
      if (sealed > 0) observer.sealed(sealed);
    } while (sealed === SEAL_AT_ONCE);
  }

  /**
   * Signs the end of each chain that has grown and was not signed for so long. A chain that is not what it was when it was last signed gets no signature any more: what
   * was changed in the database must not be made good by us.
   */
  async checkpoint(everyMs = 0): Promise<void> {
    const { trail } = this.options;
    const at = await trail.now();
    for (const head of await trail.unsigned(everyMs)) {
      if (!(await this.isWhole(head))) continue;
      // What another replica has signed beyond is not signed again by an end that was not looked at.
      const newest = await trail.newestCheckpoint(head.chain);
      if (!newest || newest.seq < head.seq) await trail.addCheckpoints([await this.signed('checkpoint', at, head)]);
    }
  }

  /** Removes what is older than it has to be kept, behind a signed anchor that the rest can be checked against. */
  async prune(): Promise<void> {
    const { trail, retentionDays } = this.options;
    await trail.forgetKeyUses();
    if (retentionDays === null) return;
    const at = await trail.now();
    for (const head of await trail.heads(null)) {
      const last = await trail.prunableUpTo(head.chain, retentionDays);
      if (last) {
        const end: ChainHead = { chain: head.chain, seq: last.entry.seq, hash: last.hash };
        // What was last signed may lie behind it: what goes for good is looked at once more as a whole.
        const isWhole = (await this.isWhole(head)) && this.notes(head.chain, await checkKept(trail, end));
        if (isWhole) await trail.addAnchor(await this.signed('anchor', at, end));
      }
      while ((await trail.removeAnchored(head.chain, REMOVE_AT_ONCE)) === REMOVE_AT_ONCE);
    }
  }

  /** What an operator has to look into. */
  concerns(): string[] {
    return [...this.broken].map(([chain, seq]) => `the audit trail of ${chain} was changed at entry ${seq}; see docs/guides/audit.md`);
  }

  private async isWhole(head: ChainHead): Promise<boolean> {
    return this.notes(head.chain, await checkSegment(this.options.trail, head));
  }

  /** True when nothing was found. */
  private notes(chain: string, found: { seq: number } | null): boolean {
    if (found) {
      if (this.broken.get(chain) !== found.seq) this.options.observer.broken(chain, found.seq);
      this.broken.set(chain, found.seq);
    } else {
      this.broken.delete(chain);
    }
    return !found;
  }

  private async signed(type: 'checkpoint' | 'anchor', at: string, head: ChainHead): Promise<StoredStatement> {
    return { ...head, at, envelope: await this.options.sign({ type, at, scope: head.chain, heads: [head] }) };
  }
}
