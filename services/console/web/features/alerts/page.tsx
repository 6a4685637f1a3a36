import BellOutlined from '@ant-design/icons/BellOutlined';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../../elements/empty-state';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { Pager } from '../migrations/parts/pager';
import { SilenceDrawer } from '../silences/parts/silence-drawer';
import { AcknowledgeDialog } from './parts/acknowledge-dialog';
import { AlertDetails } from './parts/alert-details';
import { AlertFilters } from './parts/alert-filters';
import { AlertTable, type AlertAct } from './parts/alert-table';
import { AlertingHeader } from './parts/alerting-header';
import { OtherWorkspace } from './parts/other-workspace';
import { alertsQuery, type Alert, type AlertsWanted } from './queries';
import { useAlertScope, useMayIn } from './scope';
import { matchersOf } from './silence-of';
import { texts } from './texts';
import { useNarrowing } from './use-narrowing';

const PAGE_SIZE = 20;

/** As the address says it. What it says wrongly is the API's to refuse: its answer names the field. */
const wantedBy = (given: (name: string) => string | undefined): AlertsWanted => ({
  pageSize: PAGE_SIZE,
  pageToken: given('after'),
  text: given('text'),
  status: given('status') as AlertsWanted['status'],
  severity: given('severity') as AlertsWanted['severity'],
  migrationId: given('migration'),
});

/** What fires and what has; one of them is open where the address names it. */
export default function AlertsPage() {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const mayOperate = useMayIn(scope, 'operate');
  const { given, isNarrowed, open } = useNarrowing();
  const { data, error, isPending, refetch } = useQuery(alertsQuery(scope, wantedBy(given)));
  const [doing, setDoing] = useState<{ act: AlertAct; alert: Alert }>();
  const opened = given('alert');
  const act = (wish: AlertAct, alert: Alert) => setDoing({ act: wish, alert });
  const done = () => setDoing(undefined);
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} />
      <OtherWorkspace />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && !isNarrowed ? (
        <EmptyState icon={BellOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <AlertFilters />
          <AlertTable
            alerts={data?.items ?? []}
            isLoading={isPending}
            mayOperate={mayOperate}
            onOpen={({ id }) => open('alert', id)}
            onAct={act}
          />
          <Pager next={data?.nextPageToken ?? null} />
        </section>
      )}
      {opened !== undefined && (
        <AlertDetails key={opened} id={opened} mayOperate={mayOperate} onAct={act} onClose={() => open('alert', undefined)} />
      )}
      {doing?.act === 'acknowledge' && <AcknowledgeDialog alert={doing.alert} onClose={done} />}
      {doing?.act === 'silence' && <SilenceDrawer matchers={matchersOf(doing.alert)} onClose={done} />}
    </>
  );
}
