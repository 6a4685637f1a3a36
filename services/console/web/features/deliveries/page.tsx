import SendOutlined from '@ant-design/icons/SendOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button, Select } from 'antd';
import { EmptyState } from '../../elements/empty-state';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { AlertingHeader } from '../alerts/parts/alerting-header';
import { useAlertScope, useMayIn } from '../alerts/scope';
import { useNarrowing } from '../alerts/use-narrowing';
import { channelsQuery, useChannelNames } from '../channels/queries';
import { Pager } from '../migrations/parts/pager';
import { DeliveryDetails } from './parts/delivery-details';
import { DeliveryTable } from './parts/delivery-table';
import { deliveriesQuery, type DeliveriesWanted } from './queries';
import { texts } from './texts';

const PAGE_SIZE = 20;
const STATES = ['pending', 'delivered', 'given-up', 'fallen-back'] as const;

const wantedBy = (given: (name: string) => string | undefined): DeliveriesWanted => ({
  pageSize: PAGE_SIZE,
  pageToken: given('after'),
  channelId: given('channel'),
  alertId: given('of'),
  state: given('state') as DeliveriesWanted['state'],
});

/** What was sent, and what came of it. */
export default function DeliveriesPage() {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const mayOperate = useMayIn(scope, 'operate');
  const { given, isNarrowed, open } = useNarrowing();
  const names = useChannelNames(scope);
  const { data, error, isPending, refetch } = useQuery(deliveriesQuery(scope, wantedBy(given)));
  const opened = data?.items.find(({ id }) => id === given('delivery'));
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && !isNarrowed ? (
        <EmptyState icon={SendOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <DeliveryFilters />
          <DeliveryTable
            deliveries={data?.items ?? []}
            isLoading={isPending}
            mayOperate={mayOperate}
            channelName={names}
            onOpen={({ id }) => open('delivery', id)}
          />
          <Pager next={data?.nextPageToken ?? null} />
        </section>
      )}
      {opened && (
        <DeliveryDetails
          delivery={opened}
          channelName={names(opened.channelId)}
          mayOperate={mayOperate}
          onClose={() => open('delivery', undefined)}
        />
      )}
    </>
  );
}

function DeliveryFilters() {
  const t = useTexts(texts);
  const { given, narrow } = useNarrowing();
  const { data } = useQuery(channelsQuery(useAlertScope()));
  return (
    <search className="table-tools">
      <Select
        className="tool"
        aria-label={t.channel}
        placeholder={t.anyChannel}
        value={given('channel')}
        options={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        allowClear
        onChange={(value: string | undefined) => narrow('channel', value)}
      />
      <Select
        className="tool"
        aria-label={t.state}
        placeholder={t.anyState}
        value={given('state')}
        options={STATES.map((value) => ({ value, label: t.states[value] }))}
        allowClear
        onChange={(value: string | undefined) => narrow('state', value)}
      />
      {given('of') !== undefined && (
        <p className="alert-line">
          {t.ofAlert}
          <Button size="small" onClick={() => narrow('of', undefined)}>
            {t.showAll}
          </Button>
        </p>
      )}
    </search>
  );
}
