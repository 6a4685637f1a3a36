import { AUDIT_FORMAT, auditLine, PLATFORM_CHAIN, type AuditEntry, type AuditRecord, type ChainHead } from '@smartant/proof';
import { SmartantError } from '@smartant/kernel';
import { assertAdmin, assertOwner } from '../access';
import { pageSizeOf, positionOf, toPage } from '../paging';
import type { AuditFilter, AuditTrail, SignStatement } from '../ports/audit-trail';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { AuditUseCases, Caller, Page, PageRequest } from '../use-cases';
import { doneFact } from './facts';

const PAGE = 500;

export interface AuditServiceOptions {
  trail: AuditTrail;
  unitOfWork: UnitOfWork;
  sign: SignStatement;
}

/** Shows the trail, and hands it out so that it can be checked without us. */
export class AuditService implements AuditUseCases {
  constructor(private readonly options: AuditServiceOptions) {}

  async list(caller: Caller, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>> {
    assertOwner(caller);
    return this.page(caller.workspaceId, filter, page);
  }

  async listAll(caller: Caller, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>> {
    assertAdmin(caller);
    return this.page(null, filter, page);
  }

  async *export(caller: Caller, options: { afterSeq: number }): AsyncGenerator<string> {
    assertOwner(caller);
    await this.noteExport(caller, caller.workspaceId, caller.workspaceId);
    yield* this.lines(caller.workspaceId, options.afterSeq);
  }

  async *exportAll(caller: Caller): AsyncGenerator<string> {
    assertAdmin(caller);
    await this.noteExport(caller, null, PLATFORM_CHAIN);
    yield* this.lines(null, 0);
  }

  private async page(chain: string | null, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>> {
    const size = pageSizeOf(page);
    return toPage(await this.options.trail.page(chain, filter, positionOf(page), size + 1), size);
  }

  /** Who took the trail away is of interest as well. */
  private async noteExport(caller: Caller, workspaceId: string | null, chain: string): Promise<void> {
    const target = { kind: 'audit', id: chain, name: null };
    await this.options.unitOfWork.direct.audit.append(caller, doneFact('audit.export', workspaceId, target));
  }

  /** The chains as they were when this began; what is sealed meanwhile belongs to the next export. */
  private async *lines(scope: string | null, afterSeq: number): AsyncGenerator<string> {
    const { trail, sign } = this.options;
    const heads = (await trail.heads(scope)).filter(({ seq }) => seq > 0);
    yield auditLine({ kind: 'header', format: AUDIT_FORMAT });
    for (const head of heads) {
      for await (const record of this.chain(head, afterSeq)) yield auditLine(record);
    }
    const envelope = await sign({ type: 'export', at: await trail.now(), scope, heads });
    yield auditLine({ kind: 'statement', envelope });
  }

  private async *chain({ chain, seq: lastSeq }: ChainHead, afterSeq: number): AsyncGenerator<AuditRecord> {
    const { trail } = this.options;
    const anchor = await trail.anchor(chain);
    if (anchor && anchor.seq >= afterSeq) yield { kind: 'statement', envelope: anchor.envelope };
    let reached = Math.max(anchor?.seq ?? 0, afterSeq);
    while (reached < lastSeq) {
      const entries = await trail.read(chain, reached, lastSeq, PAGE);
      if (entries[0]?.entry.seq !== reached + 1) await this.assertNotRemoved(chain, reached + 1);
      const last = entries.at(-1)?.entry.seq;
      // Whoever checks the export finds that it ends too early: that is for the reader to know, and not only for us.
      if (last === undefined) return;
      const checkpoints = await trail.checkpoints(chain, reached, last);
      for (const sealed of entries) {
        yield { kind: 'entry', ...sealed };
        while (checkpoints[0] && checkpoints[0].seq <= sealed.entry.seq) {
          yield { kind: 'statement', envelope: checkpoints.shift()!.envelope };
        }
      }
      reached = last;
    }
  }

  /** Raises AUDIT_ENTRIES_GONE when the entry was removed by its age while the export was under way. */
  private async assertNotRemoved(chain: string, seq: number): Promise<void> {
    const anchor = await this.options.trail.anchor(chain);
    if (!anchor || anchor.seq < seq) return;
    throw new SmartantError('AUDIT_ENTRIES_GONE', `Entry ${seq} of the trail of ${chain} was just removed by its age.`, {
      kind: 'unavailable',
      retry: { kind: 'backoff' },
      hint: 'Export again: it will begin behind what was removed.',
    });
  }
}
