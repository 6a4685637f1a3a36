import { pageSizeOf } from '../paging';
import type { Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, Page, PageRequest, TranscriptEntry } from '../use-cases';
import { requireMigration } from './require-migration';

/** What was run at the hosts of a migration, as its migrator keeps it. Of other kinds of migrations there is nothing. */
export async function listTranscript(
  { unitOfWork, migrators }: { unitOfWork: UnitOfWork; migrators: Migrators },
  caller: Caller,
  id: string,
  { runId = '', ...page }: PageRequest & { runId?: string },
): Promise<Page<TranscriptEntry>> {
  const { spec } = await requireMigration(unitOfWork.reads, caller.workspaceId, id);
  if (spec.kind !== 'host') return { items: [], nextPageToken: null };
  return migrators.of(spec.kind).listTranscript(id, runId, { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' });
}
