import { Button, Table, Tag, type TableColumnsType } from 'antd';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import type { Channel, ChannelType } from '../queries';
import { texts } from '../texts';
import { RemoveButton } from './remove-button';

export type ChannelAct = 'test' | 'change';

export interface ChannelTableProps {
  channels: Channel[];
  types: readonly ChannelType[];
  isLoading: boolean;
  mayOperate: boolean;
  mayConfigure: boolean;
  onOpen: (channel: Channel) => void;
  onAct: (act: ChannelAct, channel: Channel) => void;
}

export function ChannelTable({ channels, types, isLoading, mayOperate, mayConfigure, onOpen, onAct }: ChannelTableProps) {
  const t = useTexts(texts);
  const nameOf = (id: string | null) => channels.find((channel) => channel.id === id)?.name ?? id;
  const columns: TableColumnsType<Channel> = [
    { key: 'name', title: t.name, render: (_value, channel) => <NameCell channel={channel} onOpen={onOpen} /> },
    { key: 'health', title: t.health, render: (_value, channel) => <Health channel={channel} /> },
    {
      key: 'language',
      title: t.languageShort,
      responsive: ['xl'],
      render: (_value, { language }) => t.languages[language === 'zh' ? 'zh' : 'en'],
    },
    { key: 'fallback', title: t.fallbackShort, responsive: ['xl'], render: (_value, { fallbackChannelId }) => nameOf(fallbackChannelId) },
    {
      key: 'quota',
      title: t.quota,
      responsive: ['lg'],
      render: (_value, { type }) => <Quota type={types.find((each) => each.type === type)} />,
    },
  ];
  const acts: TableColumnsType<Channel> = [
    {
      key: 'acts',
      title: t.actions,
      responsive: ['sm'],
      render: (_value, channel) => <ChannelActs channel={channel} mayConfigure={mayConfigure} onAct={onAct} />,
    },
  ];
  return (
    <Table<Channel>
      rowKey="id"
      columns={mayOperate ? [...columns, ...acts] : columns}
      dataSource={channels}
      loading={isLoading}
      pagination={false}
      locale={{ emptyText: t.none }}
    />
  );
}

function NameCell({ channel, onOpen }: { channel: Channel; onOpen: (channel: Channel) => void }) {
  const t = useTexts(texts);
  return (
    <span className="lines">
      <span className="endpoint-name">
        <Button type="link" className="cell-button" aria-label={t.details(channel.name)} onClick={() => onOpen(channel)}>
          <strong>{channel.name}</strong>
        </Button>
        {!channel.enabled && <Tag>{t.disabled}</Tag>}
      </span>
      <span className="quiet">{t.types[channel.type] ?? channel.type}</span>
    </span>
  );
}

export function Health({ channel: { health, lastError } }: { channel: Channel }) {
  const t = useTexts(texts);
  return (
    <span className="lines">
      <span className="health" data-health={health}>
        {t.healths[health] ?? health}
      </span>
      {health !== 'ok' && lastError && (
        <span className="quiet unit">
          {lastError.message} <code>{lastError.code}</code>
        </span>
      )}
    </span>
  );
}

export function Quota({ type }: { type: ChannelType | undefined }) {
  const t = useTexts(texts);
  const format = useFormats();
  if (!type?.messagesPerMinute) return <span className="quiet">{t.noQuota}</span>;
  return <>{t.perMinute(format.count(type.messagesPerMinute))}</>;
}

function ChannelActs({ channel, mayConfigure, onAct }: Pick<ChannelTableProps, 'mayConfigure' | 'onAct'> & { channel: Channel }) {
  const t = useTexts(texts);
  const button = (act: ChannelAct) => (
    <Button size="small" aria-label={t.actOf[act](channel.name)} onClick={() => onAct(act, channel)}>
      {t.acts[act]}
    </Button>
  );
  return (
    <span className="row-actions">
      {button('test')}
      {mayConfigure && button('change')}
      {mayConfigure && <RemoveButton channel={channel} />}
    </span>
  );
}
