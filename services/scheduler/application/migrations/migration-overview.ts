import { SmartantError } from '@smartant/kernel';
import { assertAdmin } from '../access';
import { pageSizeOf } from '../paging';
import type { MigrationEvent, UnitOfWork } from '../ports/unit-of-work';
import type { Caller, MigrationCensus, OverviewUseCases, Page, PageRequest } from '../use-cases';
import { requireMigration } from './require-migration';

/** What is only looked at: how many migrations stand where, and what happened to one of them. */
export class MigrationOverview implements OverviewUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async summary({ workspaceId }: Caller): Promise<MigrationCensus[]> {
    return this.unitOfWork.reads.migrations.censusByWorkspace(workspaceId);
  }

  async platformSummary(caller: Caller): Promise<MigrationCensus[]> {
    assertAdmin(caller);
    return this.unitOfWork.reads.migrations.censusByWorkspace(null);
  }

  async events({ workspaceId }: Caller, id: string, page: PageRequest): Promise<Page<MigrationEvent>> {
    const { reads } = this.unitOfWork;
    await requireMigration(reads, workspaceId, id);
    const size = pageSizeOf(page);
    const found = await reads.migrationEvents.page(id, seqOf(page.pageToken), size + 1);
    const items = found.slice(0, size);
    const last = items.at(-1);
    return { items, nextPageToken: found.length > size && last ? String(last.seq) : null };
  }
}

function seqOf(pageToken: string | undefined): number | null {
  if (pageToken === undefined) return null;
  if (/^\d{1,15}$/.test(pageToken)) return Number(pageToken);
  throw new SmartantError('PAGE_TOKEN_INVALID', 'The page token is not one of ours.', {
    kind: 'invalid',
    hint: 'Use nextPageToken of the page before as it is, or leave it out to begin anew.',
    fields: [{ field: 'pageToken', message: 'is not a token of this list' }],
  });
}
