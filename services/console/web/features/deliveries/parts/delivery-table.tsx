import { Button, Table, type TableColumnsType } from 'antd';
import { RelativeTime } from '../../../elements/relative-time';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { AskedButton } from '../../alerts/parts/asked-button';
import { useAlertScope } from '../../alerts/scope';
import { useResend, type Delivery } from '../queries';
import { texts } from '../texts';
import { DeliveryState } from './delivery-state';

export interface DeliveryTableProps {
  deliveries: Delivery[];
  isLoading: boolean;
  mayOperate: boolean;
  channelName: (id: string) => string | undefined;
  onOpen: (delivery: Delivery) => void;
}

export function DeliveryTable({ deliveries, isLoading, mayOperate, channelName, onOpen }: DeliveryTableProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const columns: TableColumnsType<Delivery> = [
    { key: 'state', title: t.state, render: (_value, { state }) => <DeliveryState state={state} /> },
    {
      key: 'message',
      title: t.message,
      render: (_value, delivery) => (
        <Button type="link" className="cell-button" aria-label={t.details(delivery.title)} onClick={() => onOpen(delivery)}>
          {delivery.title}
        </Button>
      ),
    },
    {
      key: 'channel',
      title: t.channel,
      responsive: ['sm'],
      render: (_value, { channelId }) => channelName(channelId) ?? <span className="quiet">{t.removedChannel}</span>,
    },
    {
      key: 'attempts',
      title: t.attempts,
      align: 'end',
      responsive: ['lg'],
      render: (_value, { attempts }) => format.count(attempts.length),
    },
    { key: 'when', title: t.when, responsive: ['md'], render: (_value, { createdAt }) => <RelativeTime at={createdAt} /> },
  ];
  const actions: TableColumnsType<Delivery> = [
    { key: 'acts', title: t.actions, responsive: ['md'], render: (_value, delivery) => <ResendButton delivery={delivery} /> },
  ];
  return (
    <Table<Delivery>
      rowKey="id"
      columns={mayOperate ? [...columns, ...actions] : columns}
      dataSource={deliveries}
      loading={isLoading}
      pagination={false}
      locale={{ emptyText: t.none }}
    />
  );
}

export function ResendButton({ delivery: { id, title } }: { delivery: Delivery }) {
  const t = useTexts(texts);
  const { mutate, isPending, error, reset } = useResend(useAlertScope());
  return (
    <AskedButton
      text={t.resend}
      label={t.resendOf(title)}
      title={t.resendTitle}
      explanation={t.resendText}
      isBusy={isPending}
      error={error}
      onConfirm={(close) => mutate(id, { onSuccess: close })}
      onLeave={reset}
    />
  );
}
