import PlusOutlined from '@ant-design/icons/PlusOutlined';
import BellOutlined from '@ant-design/icons/BellOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button, Segmented } from 'antd';
import { useState } from 'react';
import { EmptyState } from '../../elements/empty-state';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { AlertingHeader } from '../alerts/parts/alerting-header';
import { texts as alertTexts } from '../alerts/texts';
import { useAlertScope, useMayIn } from '../alerts/scope';
import { useNarrowing } from '../alerts/use-narrowing';
import { Pager } from '../migrations/parts/pager';
import { BLANK_MATCHER } from './matcher-text';
import { SilenceDrawer } from './parts/silence-drawer';
import { SilenceTable } from './parts/silence-table';
import { silencesQuery, type SilencesWanted } from './queries';
import { texts } from './texts';

const PAGE_SIZE = 20;
const STATES = ['active', 'pending', 'expired'] as const;

/** What is not told: now, soon, or until lately. */
export default function SilencesPage() {
  const t = useTexts(texts);
  const { all } = useTexts(alertTexts);
  const scope = useAlertScope();
  const mayOperate = useMayIn(scope, 'operate');
  const { given, isNarrowed, narrow } = useNarrowing();
  const [isAdding, setAdding] = useState(false);
  const wanted = { pageSize: PAGE_SIZE, pageToken: given('after'), state: given('state') as SilencesWanted['state'] };
  const { data, error, isPending, refetch } = useQuery(silencesQuery(scope, wanted));
  const add = mayOperate && (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setAdding(true)}>
      {t.add}
    </Button>
  );
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} actions={add} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && !isNarrowed ? (
        <EmptyState icon={BellOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <div className="table-tools">
            <Segmented
              aria-label={t.state}
              value={given('state') ?? ''}
              options={[{ value: '', label: all }, ...STATES.map((value) => ({ value, label: t.states[value] ?? value }))]}
              onChange={(value) => narrow('state', value)}
            />
          </div>
          <SilenceTable silences={data?.items ?? []} isLoading={isPending} mayOperate={mayOperate} />
          <Pager next={data?.nextPageToken ?? null} />
        </section>
      )}
      {isAdding && <SilenceDrawer matchers={[BLANK_MATCHER]} onClose={() => setAdding(false)} />}
    </>
  );
}
