import { Table, type TableColumnsType } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { KindLabel } from '../../../elements/kind-icon';
import { PageLink } from '../../../elements/page-link';
import { RelativeTime } from '../../../elements/relative-time';
import { PhaseBadge, StatusBadge } from '../../../elements/state-badges';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';
import { ProgressBar } from './progress-bar';

type Migration = Schema<'Migration'>;

export function MigrationTable({ migrations, isLoading }: { migrations: Migration[]; isLoading: boolean }) {
  const t = useTexts(texts);
  const format = useFormats();
  const columns: TableColumnsType<Migration> = [
    {
      key: 'name',
      title: t.name,
      render: (_value, { id, name }) => (
        <strong>
          <PageLink to={`/migrations/${id}`}>{name}</PageLink>
        </strong>
      ),
    },
    { key: 'kind', title: t.kind, responsive: ['md'], render: (_value, { spec }) => <KindLabel kind={spec.kind} /> },
    { key: 'phase', title: t.phase, responsive: ['sm'], render: (_value, { phase }) => <PhaseBadge phase={phase} /> },
    { key: 'status', title: t.status, render: (_value, { status }) => <StatusBadge status={status} /> },
    { key: 'progress', title: t.progress, responsive: ['sm'], render: (_value, row) => <ProgressBar migration={row} label={t.progress} /> },
    { key: 'copied', title: t.copied, align: 'end', responsive: ['lg'], render: (_value, { ledger }) => format.bytes(ledger.copiedBytes) },
    { key: 'created', title: t.created, responsive: ['md'], render: (_value, { createdAt }) => <RelativeTime at={createdAt} /> },
  ];
  return (
    <Table<Migration>
      rowKey="id"
      columns={columns}
      dataSource={migrations}
      loading={isLoading}
      pagination={false}
      locale={{ emptyText: t.noneMatch }}
    />
  );
}
