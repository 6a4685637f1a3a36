import NotificationOutlined from '@ant-design/icons/NotificationOutlined';
import PlusOutlined from '@ant-design/icons/PlusOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { EmptyState } from '../../elements/empty-state';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { AlertingHeader } from '../alerts/parts/alerting-header';
import { useAlertScope, useMayIn } from '../alerts/scope';
import { ChannelDetails } from './parts/channel-details';
import { ChannelForm } from './parts/channel-form';
import { ChannelTable, type ChannelAct } from './parts/channel-table';
import { ChannelTest } from './parts/channel-test';
import { channelsQuery, channelTypesQuery, type Channel, type ChannelType } from './queries';
import { texts } from './texts';

const WIDTH = 680;

type Opened = { act: 'add' } | { act: ChannelAct | 'details'; channel: Channel };

/** Ways by which people are told: to be made, tried, changed and removed. */
export default function ChannelsPage() {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const [mayOperate, mayConfigure] = [useMayIn(scope, 'operate'), useMayIn(scope, 'configure')];
  const [opened, open] = useState<Opened>();
  const { data, error, isPending, refetch } = useQuery(channelsQuery(scope));
  const types = useQuery(channelTypesQuery(scope)).data?.items ?? [];
  const channels = data?.items ?? [];
  const add = mayConfigure && (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => open({ act: 'add' })}>
      {t.add}
    </Button>
  );
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} actions={add} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 ? (
        <EmptyState icon={NotificationOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <ChannelTable
            channels={channels}
            types={types}
            isLoading={isPending}
            mayOperate={mayOperate}
            mayConfigure={mayConfigure}
            onOpen={(channel) => open({ act: 'details', channel })}
            onAct={(act, channel) => open({ act, channel })}
          />
        </section>
      )}
      <Drawer
        open={opened !== undefined}
        size={WIDTH}
        destroyOnHidden
        title={opened && titleOf(opened, t)}
        closable={{ 'aria-label': t.close }}
        onClose={() => open(undefined)}
      >
        {opened && (
          <Content
            opened={opened}
            channels={channels}
            types={types}
            onSaved={(channel) => open(mayOperate ? { act: 'test', channel } : undefined)}
          />
        )}
      </Drawer>
    </>
  );
}

function titleOf(opened: Opened, t: (typeof texts)['en']): string {
  if (!('channel' in opened)) return t.add;
  const { act, channel } = opened;
  return act === 'details' ? channel.name : t.actOf[act](channel.name);
}

interface ContentProps {
  opened: Opened;
  channels: Channel[];
  types: readonly ChannelType[];
  onSaved: (channel: Channel) => void;
}

function Content({ opened, channels, types, onSaved }: ContentProps) {
  if (!('channel' in opened)) return <ChannelForm onSaved={onSaved} />;
  const { act, channel } = opened;
  if (act === 'test') return <ChannelTest channel={channel} />;
  if (act === 'change') return <ChannelForm channel={channel} onSaved={onSaved} />;
  // As it is by now: it is looked at again and again.
  const current = channels.find(({ id }) => id === channel.id) ?? channel;
  return (
    <ChannelDetails
      channel={current}
      type={types.find(({ type }) => type === current.type)}
      fallback={channels.find(({ id }) => id === current.fallbackChannelId)?.name}
    />
  );
}
