import { ApiProblem, isProblem, unreachable } from '../../api/api-problem';
import { authorizedFetch } from '../../api/client';
import { queryClient } from '../../api/query-client';
import { auditCsv } from './audit-csv';
import { auditQuery, type AuditEntry, type AuditPageWanted } from './queries';

/** The API's largest page, and as many entries as a spreadsheet is still of use with. */
const PAGE_SIZE = 200;
const MOST_ENTRIES = 10_000;

/**
 * The whole chain with its seals, as `smartant audit verify` checks it offline: of a workspace, or (`ws` null) of all. What comes is written into
 * one file as it is.
 */
export async function saveChain(ws: string | null): Promise<void> {
  const address = ws === null ? '/v1/audit/export' : `/v1/workspaces/${encodeURIComponent(ws)}/audit/export`;
  const response = await authorizedFetch(new Request(address));
  if (!response.ok) {
    const problem: unknown = await response.json().catch(() => undefined);
    throw isProblem(problem) ? new ApiProblem(problem) : unreachable(response.status);
  }
  save(await response.blob(), `audit-${ws ?? 'platform'}.ndjson`);
}

/** The entries that the filters let through, the newest first; resolves with false where there are more than fit. */
export async function saveTable(ws: string | null, wanted: AuditPageWanted): Promise<boolean> {
  const entries: AuditEntry[] = [];
  let pageToken: string | undefined;
  do {
    const page = await queryClient.fetchQuery({
      ...auditQuery(ws, { ...wanted, pageSize: PAGE_SIZE, pageToken }),
      staleTime: 0,
      gcTime: 0,
    });
    entries.push(...page.items);
    pageToken = page.nextPageToken ?? undefined;
  } while (pageToken !== undefined && entries.length < MOST_ENTRIES);
  // Spreadsheets take what has no mark for the writing of the machine they run on.
  save(new Blob(['\uFEFF', auditCsv(entries)], { type: 'text/csv' }), `audit-${ws ?? 'platform'}.csv`);
  return pageToken === undefined;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
