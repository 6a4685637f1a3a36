import { lazy, Suspense } from 'react';
import { Navigate } from 'react-router';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { PageSkeleton } from '../../frame/page-skeleton';
import { useFormats } from '../../language/format';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { needsSomebody } from '../migrations/progress';
import { AttentionList } from './parts/attention-list';
import { Figures } from './parts/figures';
import { RunningList } from './parts/running-list';
import { ThroughputPanel } from './parts/throughput-panel';
import { COUNTED, useActivity } from './queries';
import { texts } from './texts';

/** After the page is there: the overview says first how the migrations do. */
const RecentAlerts = lazy(() => import('../alerts/parts/recent-alerts'));
const Surroundings = lazy(() => import('./parts/surroundings'));

export default function DashboardPage() {
  const t = useTexts(texts);
  const format = useFormats();
  const { workspace } = useIdentity();
  const mayAlerts = useMay('notification:read');
  const { data, error, points, refetch } = useActivity(workspace);
  if (data?.items.length === 0) return <Navigate to="/welcome" replace />;
  return (
    <>
      <PageHeader title={t.title} lead={t.lead(workspace)} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data ? (
        <>
          <Figures migrations={data.items} />
          <ThroughputPanel points={points} />
          <div className="columns">
            <RunningList migrations={data.items.filter(({ status }) => status === 'running')} />
            <AttentionList migrations={data.items.filter(needsSomebody)} />
          </div>
          {mayAlerts && (
            <Suspense>
              <RecentAlerts />
            </Suspense>
          )}
          <Suspense>
            <Surroundings workspace={workspace} migrations={data.items} />
          </Suspense>
          {data.nextPageToken !== null && <p className="footnote">{t.recent(format.count(COUNTED))}</p>}
        </>
      ) : (
        !error && <PageSkeleton />
      )}
    </>
  );
}
