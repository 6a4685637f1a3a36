import { Button, Table, Tag, type TableColumnsType } from 'antd';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import type { AuditEntry } from '../queries';
import { texts } from '../texts';

export interface AuditTableProps {
  entries: AuditEntry[];
  isLoading: boolean;
  isFiltered: boolean;
  nameOf: (userId: string) => string;
  onOpen: (entry: AuditEntry) => void;
}

export function AuditTable({ entries, isLoading, isFiltered, nameOf, onOpen }: AuditTableProps) {
  const t = useTexts(texts);
  const columns: TableColumnsType<AuditEntry> = [
    { key: 'at', title: t.at, render: (_value, { at }) => <RelativeTime at={at} /> },
    {
      key: 'what',
      title: t.what,
      render: (_value, entry) => (
        <Button type="link" className="cell-button" aria-label={t.details(entry.action)} onClick={() => onOpen(entry)}>
          <code>{entry.action}</code>
        </Button>
      ),
    },
    {
      key: 'on',
      title: t.on,
      responsive: ['sm'],
      render: (_value, { target }) => <span className="unit">{target.name ?? target.id}</span>,
    },
    { key: 'who', title: t.who, responsive: ['md'], render: (_value, { actor }) => <span className="unit">{nameOf(actor.userId)}</span> },
    { key: 'outcome', title: t.outcome, render: (_value, { outcome }) => <Outcome outcome={outcome} /> },
  ];
  return (
    <Table<AuditEntry>
      rowKey="id"
      size="small"
      columns={columns}
      dataSource={entries}
      loading={isLoading}
      pagination={false}
      locale={{ emptyText: isFiltered ? t.noneMatch : t.none }}
    />
  );
}

export function Outcome({ outcome }: { outcome: AuditEntry['outcome'] }) {
  const t = useTexts(texts);
  return <Tag color={outcome === 'refused' ? 'error' : 'default'}>{t.outcomes[outcome]}</Tag>;
}
