import { auditHash, canonicalJson, GENESIS_HASH, type ChainHead } from '@smartant/proof';
import type { AuditTrail } from '../ports/audit-trail';

const PAGE = 500;
const BEGINNING = { seq: 0, hash: GENESIS_HASH };

interface Start {
  seq: number;
  hash: string;
}

/** Where a chain no longer is what it was; null: nowhere between what was last signed of it and this head. */
export async function checkSegment(trail: AuditTrail, head: ChainHead): Promise<{ seq: number } | null> {
  const { chain } = head;
  const start = await signedStart(trail, chain);
  if (start.seq > head.seq) {
    // Another replica may have signed a later end since this one was read. Only if the chain is shorter now was it cut off.
    const [now] = await trail.heads(chain);
    return now && now.seq >= start.seq ? null : { seq: head.seq + 1 };
  }
  return checkFrom(trail, start, head);
}

/** The same of all that is still there up to this entry: what is about to be removed for good. */
export async function checkKept(trail: AuditTrail, last: ChainHead): Promise<{ seq: number } | null> {
  return checkFrom(trail, (await trail.anchor(last.chain)) ?? BEGINNING, last);
}

async function checkFrom(trail: AuditTrail, start: Start, head: ChainHead): Promise<{ seq: number } | null> {
  const { chain } = head;
  let { seq, hash } = start;
  while (seq < head.seq) {
    const page = await trail.read(chain, seq, head.seq, PAGE);
    if (page.length === 0) return { seq: seq + 1 };
    for (const sealed of page) {
      const isNext = sealed.entry.seq === seq + 1 && sealed.entry.chain === chain && sealed.previousHash === hash;
      if (!isNext || auditHash(sealed.previousHash, canonicalJson(sealed.entry)) !== sealed.hash) return { seq: seq + 1 };
      seq += 1;
      hash = sealed.hash;
    }
  }
  return hash === head.hash ? null : { seq };
}

/** What was checked before it was signed need not be read again. */
async function signedStart(trail: AuditTrail, chain: string): Promise<Start> {
  const [checkpoint, anchor] = await Promise.all([trail.newestCheckpoint(chain), trail.anchor(chain)]);
  if (checkpoint && checkpoint.seq >= (anchor?.seq ?? 0)) return checkpoint;
  return anchor ?? BEGINNING;
}
