import { answerOf, api } from '../../api/client';
import { queryClient } from '../../api/query-client';
import { saveFile } from '../../elements/save-file';
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
  const chain = await answerOf(
    ws === null
      ? api.GET('/v1/audit/export', { parseAs: 'blob' })
      : api.GET('/v1/workspaces/{ws}/audit/export', { params: { path: { ws } }, parseAs: 'blob' }),
  );
  saveFile(chain, `audit-${ws ?? 'platform'}.ndjson`);
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
  saveFile(new Blob(['\uFEFF', auditCsv(entries)], { type: 'text/csv' }), `audit-${ws ?? 'platform'}.csv`);
  return pageToken === undefined;
}
