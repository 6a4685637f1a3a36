import { newId, SmartantError } from '@smartant/kernel';
import { assertDraftContent, type MigrationDraft } from '../../domain/migration/draft';
import { assertMayWrite } from '../access';
import { doneFact } from '../audit/facts';
import { pageSizeOf, positionOf, toPage } from '../paging';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import type { Caller, DraftInput, DraftUseCases, Page, PageRequest } from '../use-cases';

/** Half-written migrations of a workspace: whoever may begin one can go on with what a colleague began. */
export class DraftService implements DraftUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  create(caller: Caller, { name, content }: DraftInput): Promise<MigrationDraft> {
    assertMayWrite(caller);
    assertDraftContent(content);
    const { workspaceId, userId: createdBy } = caller;
    return this.unitOfWork.transaction(async ({ drafts, audit }) => {
      const draft = await drafts.insert({ id: newId('drf'), workspaceId, name, content, createdBy });
      await audit.append(caller, doneFact('migration-draft.create', workspaceId, targetOf(draft), { after: { name } }));
      return draft;
    });
  }

  async list({ workspaceId }: Caller, page: PageRequest): Promise<Page<MigrationDraft>> {
    const size = pageSizeOf(page);
    return toPage(await this.unitOfWork.reads.drafts.page(workspaceId, positionOf(page), size + 1), size);
  }

  get(caller: Caller, id: string): Promise<MigrationDraft> {
    return requireDraft(this.unitOfWork.reads, caller, id);
  }

  /** Not on the trail: a wizard saves at every step, and a draft changes nothing. */
  async update(caller: Caller, id: string, change: Partial<DraftInput>, expectedVersion?: number): Promise<MigrationDraft> {
    assertMayWrite(caller);
    if (change.content) assertDraftContent(change.content);
    const before = await requireDraft(this.unitOfWork.direct, caller, id);
    if (expectedVersion !== undefined && expectedVersion !== before.version) throw changedMeanwhile(before, expectedVersion);
    const wanted = {
      ...before,
      name: change.name ?? before.name,
      content: change.content ?? before.content,
      updatedBy: caller.userId,
    };
    const updated = await this.unitOfWork.direct.drafts.update(wanted);
    if (updated) return updated;
    throw changedMeanwhile(await requireDraft(this.unitOfWork.direct, caller, id), before.version);
  }

  remove(caller: Caller, id: string): Promise<void> {
    assertMayWrite(caller);
    return this.unitOfWork.transaction(async (stores) => {
      const draft = await requireDraft(stores, caller, id);
      if (!(await stores.drafts.remove(caller.workspaceId, id))) return;
      await stores.audit.append(
        caller,
        doneFact('migration-draft.remove', caller.workspaceId, targetOf(draft), { before: { name: draft.name } }),
      );
    });
  }
}

/** Raises DRAFT_NOT_FOUND, also for a draft of another workspace. */
async function requireDraft({ drafts }: Stores, { workspaceId }: Caller, id: string): Promise<MigrationDraft> {
  const found = await drafts.find(workspaceId, id);
  if (found) return found;
  throw new SmartantError('DRAFT_NOT_FOUND', `There is no draft "${id}" in this workspace.`, {
    kind: 'not-found',
    hint: 'List the drafts: it may have become a migration, or have been deleted.',
  });
}

function changedMeanwhile({ version }: MigrationDraft, expected: number): SmartantError {
  return new SmartantError('DRAFT_VERSION_MISMATCH', `The draft is at version ${version}, not ${expected}: somebody else changed it.`, {
    kind: 'conflict',
    hint: 'Read it again, and repeat the change if it is still wanted.',
    details: { version: String(version) },
  });
}

const targetOf = ({ id, name }: MigrationDraft) => ({ kind: 'migration-draft', id, name });
