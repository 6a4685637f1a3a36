import { GENESIS_HASH, auditHash, type ChainHead, type SealedEntry } from './audit-entry';
import { parseAuditLine } from './audit-record';
import { readAuditStatement, type AuditStatement } from './audit-statement';
import type { AuditDifferenceKind, AuditVerdict } from './audit-verdict';
import { canonicalJson } from './canonical-json';

const MOST_SHOWN = 100;

/** A chain as far as it was read. */
interface SeenChain {
  first: number;
  last: number;
  hash: string;
  /** Entries by number, for the statements that speak of them: hash at each sequence number that some statement names. */
  wanted: Map<number, string>;
}

/**
 * Checks an export of the audit trail line by line, in memory that does not grow with it. `keys`: public keys that are trusted. `kept`:
 * statements that somebody kept from earlier (checkpoints, the end of an earlier export), already read with these keys; they show what
 * a chain that was rewritten as a whole no longer has.
 */
export class AuditVerifier {
  private readonly chains = new Map<string, SeenChain>();
  private readonly anchors = new Map<string, ChainHead>();
  private readonly keptHeads = new Map<string, Map<number, string>>();
  private readonly differences: AuditVerdict['differences'] = [];
  private differenceCount = 0;
  private entries = 0;
  private statements = 0;
  private lines = 0;
  private end: AuditStatement | null = null;
  private endLine = 0;

  constructor(
    private readonly keys: readonly string[],
    kept: readonly AuditStatement[] = [],
  ) {
    for (const { type, heads } of kept) if (type !== 'anchor') for (const head of heads) this.keep(head);
  }

  /** The next line, without its end. */
  line(text: string): void {
    this.lines += 1;
    const record = parseAuditLine(text);
    if (!record) return this.differ('unreadable');
    if ((record.kind === 'header') !== (this.lines === 1)) return this.differ('unreadable');
    if (record.kind === 'entry') this.entry(record);
    if (record.kind === 'statement') this.statement(record.envelope);
  }

  /** After the last line. */
  verdict(): AuditVerdict {
    if (!this.end || this.endLine !== this.lines) this.differ('unclosed', null, null, null);
    const signed = new Set(this.end?.heads.map(({ chain }) => chain));
    for (const [chain, { first }] of this.chains) if (this.end && !signed.has(chain)) this.differ('unsigned', chain, first, null);
    for (const [chain, heads] of this.keptHeads) this.compareKept(chain, heads);
    return {
      whole: this.differenceCount === 0,
      entries: this.entries,
      chains: [...this.chains].map(([chain, { first, last, hash }]) => ({ chain, firstSeq: first, lastSeq: last, hash })),
      statements: this.statements,
      exportedAt: this.end?.at ?? null,
      differenceCount: this.differenceCount,
      differences: this.differences,
    };
  }

  private keep({ chain, seq, hash }: ChainHead): void {
    if (seq === 0) return;
    const heads = this.keptHeads.get(chain) ?? new Map<number, string>();
    const other = heads.get(seq);
    // Two signed words that contradict each other: the chain had two histories.
    if (other !== undefined && other !== hash) this.differ('rewritten', chain, seq, null);
    this.keptHeads.set(chain, heads.set(seq, hash));
  }

  private entry(sealed: SealedEntry): void {
    const { entry, previousHash, hash } = sealed;
    const { chain, seq } = entry;
    this.entries += 1;
    if (auditHash(previousHash, canonicalJson(entry)) !== hash) this.differ('changed', chain, seq);
    const seen = this.chains.get(chain);
    if (seen) this.follow(seen, sealed);
    else this.begin(sealed);
    const kept = this.keptHeads.get(chain)?.get(seq);
    if (kept !== undefined) this.chains.get(chain)?.wanted.set(seq, hash);
  }

  private begin({ entry, previousHash, hash }: SealedEntry): void {
    const { chain, seq } = entry;
    if (!this.mayBeginWith(chain, seq, previousHash)) this.differ('begins-late', chain, seq);
    this.chains.set(chain, { first: seq, last: seq, hash, wanted: new Map() });
  }

  private mayBeginWith(chain: string, seq: number, previousHash: string): boolean {
    if (seq === 1) return previousHash === GENESIS_HASH;
    const anchor = this.anchors.get(chain);
    if (anchor?.seq === seq - 1) return anchor.hash === previousHash;
    const kept = this.keptHeads.get(chain)?.get(seq - 1);
    return kept !== undefined && kept === previousHash;
  }

  private follow(seen: SeenChain, { entry, previousHash, hash }: SealedEntry): void {
    const { chain, seq } = entry;
    if (seq <= seen.last) this.differ('misplaced', chain, seq);
    else if (seq > seen.last + 1) this.differ('missing', chain, seen.last + 1);
    else if (previousHash !== seen.hash) this.differ('unlinked', chain, seq);
    if (seq > seen.last) seen.last = seq;
    seen.hash = hash;
  }

  private statement(envelope: unknown): void {
    let statement: AuditStatement;
    try {
      statement = readAuditStatement(envelope, this.keys);
    } catch {
      return this.differ('untrusted');
    }
    this.statements += 1;
    if (statement.type === 'export') {
      this.end = statement;
      this.endLine = this.lines;
    }
    for (const head of statement.heads) {
      if (statement.type === 'anchor') this.anchors.set(head.chain, head);
      else this.compareHead(head, statement.type === 'export');
    }
  }

  /** A checkpoint stands right behind the entry that it speaks of; the end speaks of the last one of each chain. */
  private compareHead({ chain, seq, hash }: ChainHead, isEnd: boolean): void {
    // Nothing new since what was kept: there is no entry that could show it.
    if (!this.chains.has(chain) && this.keptHeads.get(chain)?.get(seq) === hash) return;
    const reached = this.reached(chain);
    if (seq > reached.seq) this.differ('cut-off', chain, seq);
    else if (seq < reached.seq) this.differ(isEnd ? 'unsigned' : 'misplaced', chain, isEnd ? seq + 1 : seq);
    else if (hash !== reached.hash) this.differ('rewritten', chain, seq);
  }

  private reached(chain: string): { seq: number; hash: string } {
    const seen = this.chains.get(chain);
    return seen ? { seq: seen.last, hash: seen.hash } : this.start(chain);
  }

  private compareKept(chain: string, heads: Map<number, string>): void {
    // An export of one chain has nothing to say about others.
    if (this.end && this.end.scope !== null && this.end.scope !== chain) return;
    const seen = this.chains.get(chain);
    const start = this.start(chain);
    const end = this.end?.heads.find((head) => head.chain === chain);
    // An export of what is new since then may have nothing to show.
    const isUnchanged = !seen && end !== undefined && heads.get(end.seq) === end.hash;
    const last = isUnchanged ? end.seq : (seen?.last ?? start.seq);
    for (const [seq, hash] of heads) {
      const found = seen && seq >= seen.first ? seen.wanted.get(seq) : seq === start.seq ? start.hash : hash;
      if (seq > last) this.differ('cut-off', chain, seq, null);
      else if (found !== hash) this.differ('rewritten', chain, seq, null);
      else this.statements += 1;
    }
  }

  private start(chain: string): { seq: number; hash: string } {
    return this.anchors.get(chain) ?? { seq: 0, hash: GENESIS_HASH };
  }

  private differ(
    kind: AuditDifferenceKind,
    chain: string | null = null,
    seq: number | null = null,
    line: number | null = this.lines,
  ): void {
    this.differenceCount += 1;
    if (this.differences.length < MOST_SHOWN) this.differences.push({ kind, line, chain, seq });
  }
}
