import { assertAdmin } from '../access';
import { pageSizeOf, pageTokenInvalid } from '../paging';
import type { EndpointHealth } from '../ports/alerting';
import type { MigrationEvent, UnitOfWork } from '../ports/unit-of-work';
import type { Caller, MigrationCensus, OverviewUseCases, Page, PageRequest } from '../use-cases';
import { requireMigration } from './require-migration';

/** Those that fail come first: of more, the rest can be reached. */
const MOST_ENDPOINTS = 500;

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

  endpoints({ workspaceId }: Caller): Promise<EndpointHealth[]> {
    return this.unitOfWork.reads.endpointTrials.list(workspaceId, MOST_ENDPOINTS);
  }

  async platformEndpoints(caller: Caller): Promise<EndpointHealth[]> {
    assertAdmin(caller);
    return this.unitOfWork.reads.endpointTrials.list(null, MOST_ENDPOINTS);
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
  throw pageTokenInvalid();
}
