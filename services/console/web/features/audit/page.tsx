import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { Pager } from '../migrations/parts/pager';
import { membersQuery } from '../members/queries';
import { AuditFilters } from './parts/audit-filters';
import { AuditTable } from './parts/audit-table';
import { ExportButtons } from './parts/export-buttons';
import { EntryDetails } from './parts/entry-details';
import { auditQuery, type AuditEntry, type AuditPageWanted } from './queries';
import { texts } from './texts';

const PAGE_SIZE = 25;

/** As the address says it. What it says wrongly is the API's to refuse: its answer names the field. */
function wantedBy(search: URLSearchParams): AuditPageWanted {
  const given = (name: string) => search.get(name) ?? undefined;
  return {
    pageSize: PAGE_SIZE,
    pageToken: given('after'),
    action: given('action'),
    actor: given('actor'),
    target: given('target'),
    from: given('from'),
    to: given('to'),
  };
}

/** Entries have ids, which outlive names; those who may see the members are told the names of these. */
function useUserNames(workspace: string): (userId: string) => string {
  const { data } = useQuery({ ...membersQuery(workspace), enabled: useMay('member:manage') });
  return (userId) => data?.items.find((member) => member.userId === userId)?.username ?? userId;
}

export default function AuditPage() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const [search] = useSearchParams();
  const isEverywhere = search.get('scope') === 'platform';
  const { data, error, isPending, refetch } = useQuery(auditQuery(isEverywhere ? null : workspace, wantedBy(search)));
  const names = useUserNames(workspace);
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  return (
    <>
      <PageHeader
        title={t.title}
        lead={t.lead}
        actions={<ExportButtons workspace={isEverywhere ? null : workspace} wanted={{ ...wantedBy(search), pageToken: undefined }} />}
      />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      <section className="panel table-panel">
        <AuditFilters />
        <AuditTable entries={data?.items ?? []} isLoading={isPending} isFiltered={search.size > 0} nameOf={names} onOpen={setOpened} />
        <Pager next={data?.nextPageToken ?? null} />
      </section>
      {opened && <EntryDetails entry={opened} nameOf={names} onClose={() => setOpened(null)} />}
    </>
  );
}
