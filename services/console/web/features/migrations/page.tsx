import PlusOutlined from '@ant-design/icons/PlusOutlined';
import SwapOutlined from '@ant-design/icons/SwapOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useNavigate, useSearchParams } from 'react-router';
import { EmptyState } from '../../elements/empty-state';
import { PageHeader } from '../../elements/page-header';
import { PageLink } from '../../elements/page-link';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { Filters } from './parts/filters';
import { MigrationTable } from './parts/migration-table';
import { Pager } from './parts/pager';
import { migrationsQuery, type MigrationsPage as Wanted } from './queries';
import { texts } from './texts';

const PAGE_SIZE = 20;

/** As the address says it. What it says wrongly is the API's to refuse: its answer names the field. */
function wantedBy(search: URLSearchParams): Wanted {
  const given = (name: string) => search.get(name) ?? undefined;
  return {
    pageSize: PAGE_SIZE,
    pageToken: given('after'),
    name: given('name'),
    kind: given('kind') as Wanted['kind'],
    status: given('status') as Wanted['status'],
  };
}

/** What is shown stands in the address: a link to it, a reload and the way back show the same. */
export default function MigrationsPage() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const mayMigrate = useMay('migration:write');
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const wanted = wantedBy(search);
  const { data, error, isPending, refetch } = useQuery(migrationsQuery(workspace, wanted));
  const isEmpty = data?.items.length === 0 && search.size === 0;
  return (
    <>
      <PageHeader
        title={t.title}
        lead={t.lead}
        actions={
          mayMigrate && (
            <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => void navigate('/migrations/new')}>
              {t.begin}
            </Button>
          )
        }
      />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {isEmpty ? (
        <EmptyState icon={SwapOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
          <PageLink to="/welcome">{t.start}</PageLink>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <Filters />
          <MigrationTable migrations={data?.items ?? []} isLoading={isPending} />
          <Pager next={data?.nextPageToken ?? null} />
        </section>
      )}
    </>
  );
}
