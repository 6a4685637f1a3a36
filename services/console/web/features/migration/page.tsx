import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useParams } from 'react-router';
import type { Schema } from '@smartant/contracts/openapi';
import { KindLabel } from '../../elements/kind-icon';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { StatusBadge } from '../../elements/state-badges';
import { PageSkeleton } from '../../frame/page-skeleton';
import { useIdentity, useMay } from '../../session/use-session';
import { migrationQuery } from '../migrations/queries';
import { useMigrationWatch } from '../migrations/use-migration-watch';
import { ActionBar } from './parts/action-bar';
import { FailureTable } from './parts/failure-table';
import { FindingList } from './parts/finding-list';
import { History } from './parts/history';
import { LimitsPanel } from './parts/limits-panel';
import { LiveFigures } from './parts/live-figures';
import { Outlook } from './parts/outlook';
import { PhaseTimeline } from './parts/phase-timeline';
import { ProofPanel } from './parts/proof-panel';

/** Below the fold: the rest of the page does not wait for them. */
const ShardPanel = lazy(() => import('./parts/shard-panel'));
const LogPanel = lazy(() => import('./parts/log-panel'));

const AT_REST_MS = 5_000;

const hasEnded = (status: Schema<'Status'>): boolean => status === 'succeeded' || status === 'cancelled';

/** Everything of one migration, live. */
export default function MigrationPage() {
  const { id = '' } = useParams();
  const { workspace } = useIdentity();
  const mayWrite = useMay('migration:write');
  // What is at rest has no stream: what others do to it is asked for.
  const {
    data: migration,
    error,
    refetch,
  } = useQuery({
    ...migrationQuery(workspace, id),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? false : AT_REST_MS),
  });
  const watch = useMigrationWatch(workspace, id, migration?.status === 'running' ? undefined : migration?.version);
  if (!migration) return error ? <ProblemView error={error} onRetry={() => void refetch()} /> : <PageSkeleton />;
  const { spec } = migration;
  return (
    <>
      <PageHeader title={migration.name} actions={mayWrite && <ActionBar migration={migration} workspace={workspace} />} />
      <p className="migration-line">
        <KindLabel kind={spec.kind} />
        <StatusBadge status={migration.status} />
        <code>{id}</code>
      </p>
      {(error ?? watch.error) !== undefined && <ProblemView error={error ?? watch.error} onRetry={() => void refetch()} />}
      <PhaseTimeline migration={migration} />
      <Outlook migration={migration} />
      <LiveFigures migration={migration} watch={watch} />
      <Suspense>
        <ShardPanel migration={migration} workspace={workspace} />
      </Suspense>
      <FailureTable migration={migration} workspace={workspace} mayResolve={mayWrite} />
      <div className="columns">
        <div className="column">
          <FindingList migration={migration} workspace={workspace} mayFix={mayWrite} />
          <ProofPanel migration={migration} workspace={workspace} />
          {mayWrite && !hasEnded(migration.status) && <LimitsPanel key={migration.id} migration={migration} workspace={workspace} />}
        </div>
        <History migrationId={id} workspace={workspace} />
      </div>
      <Suspense>
        <LogPanel migrationId={id} workspace={workspace} isLive={migration.status === 'running'} />
      </Suspense>
    </>
  );
}
