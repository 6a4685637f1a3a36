import { Button, Popconfirm, Table, type TableColumnsType } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { RelativeTime } from '../../../elements/relative-time';
import { useNow } from '../../../elements/use-now';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

type ApiKey = Schema<'ApiKey'>;

export interface KeyTableProps {
  keys: ApiKey[];
  isLoading: boolean;
  onRevoke: (id: string) => Promise<unknown>;
}

export function KeyTable({ keys, isLoading, onRevoke }: KeyTableProps) {
  const t = useTexts(texts);
  const columns: TableColumnsType<ApiKey> = [
    { key: 'name', title: t.name, render: (_value, { name }) => <strong className="unit">{name}</strong> },
    { key: 'role', title: t.role, render: (_value, { role }) => t.roleNames[role] },
    { key: 'prefix', title: t.begins, responsive: ['sm'], render: (_value, { prefix }) => <code>{prefix}…</code> },
    { key: 'created', title: t.created, responsive: ['lg'], render: (_value, { createdAt }) => <RelativeTime at={createdAt} /> },
    {
      key: 'used',
      title: t.lastUsed,
      responsive: ['md'],
      render: (_value, { lastUsedAt }) => (lastUsedAt ? <RelativeTime at={lastUsedAt} /> : <span className="quiet">{t.neverUsed}</span>),
    },
    { key: 'expires', title: t.expires, responsive: ['sm'], render: (_value, { expiresAt }) => <Expiry at={expiresAt} /> },
    {
      key: 'actions',
      title: <span className="for-readers">{t.actions}</span>,
      align: 'end',
      render: (_value, { id, name }) => (
        <Popconfirm
          title={t.revokeTitle(name)}
          description={t.revokeText}
          okText={t.revoke}
          okButtonProps={{ danger: true }}
          cancelText={t.keep}
          onConfirm={() => onRevoke(id).catch(() => undefined)}
        >
          <Button size="small" danger aria-label={t.revokeOf(name)}>
            {t.revoke}
          </Button>
        </Popconfirm>
      ),
    },
  ];
  return <Table<ApiKey> rowKey="id" columns={columns} dataSource={keys} loading={isLoading} pagination={false} />;
}

function Expiry({ at }: { at: string | null }) {
  const t = useTexts(texts);
  const now = useNow();
  if (at === null) return <span className="quiet">{t.never}</span>;
  return Date.parse(at) < now ? <>{t.expired}</> : <RelativeTime at={at} />;
}
