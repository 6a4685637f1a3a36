import { Button, Table, Tag, type TableColumnsType } from 'antd';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { SECRET_KINDS } from '../endpoint-fields';
import { placeOf } from '../endpoint-place';
import type { Endpoint } from '../queries';
import { texts } from '../texts';
import { DeleteButton } from './delete-button';
import { PlaceIcon } from './place-icon';

export type EndpointAct = 'test' | 'browse' | 'secret';

export interface EndpointTableProps {
  endpoints: Endpoint[];
  isLoading: boolean;
  mayWrite: boolean;
  onAct: (act: EndpointAct, endpoint: Endpoint) => void;
}

export function EndpointTable({ endpoints, isLoading, mayWrite, onAct }: EndpointTableProps) {
  const t = useTexts(texts);
  const columns: TableColumnsType<Endpoint> = [
    { key: 'name', title: t.name, render: (_value, endpoint) => <NameCell endpoint={endpoint} /> },
    { key: 'kind', title: t.kind, responsive: ['md'], render: (_value, { location }) => t.kinds[location.kind] },
    {
      key: 'place',
      title: t.place,
      responsive: ['lg'],
      render: (_value, { location }) => <code>{placeOf(location)}</code>,
    },
    { key: 'changed', title: t.changed, responsive: ['xxl'], render: (_value, { updatedAt }) => <RelativeTime at={updatedAt} /> },
    {
      key: 'acts',
      title: t.actions,
      render: (_value, endpoint) => <Acts endpoint={endpoint} mayWrite={mayWrite} onAct={onAct} />,
    },
  ];
  return <Table<Endpoint> rowKey="id" columns={columns} dataSource={endpoints} loading={isLoading} pagination={false} />;
}

function NameCell({ endpoint: { name, location, needsSecret } }: { endpoint: Endpoint }) {
  const t = useTexts(texts);
  return (
    <span className="endpoint-name">
      <PlaceIcon kind={location.kind} />
      <strong>{name}</strong>
      {needsSecret && <Tag color="warning">{t.needsSecret}</Tag>}
    </span>
  );
}

function Acts({ endpoint, mayWrite, onAct }: Pick<EndpointTableProps, 'mayWrite' | 'onAct'> & { endpoint: Endpoint }) {
  const t = useTexts(texts);
  const button = (act: EndpointAct) => (
    <Button size="small" aria-label={`${t.acts[act]}: ${endpoint.name}`} onClick={() => onAct(act, endpoint)}>
      {t.acts[act]}
    </Button>
  );
  const { kind } = endpoint.location;
  return (
    <span className="row-actions">
      {mayWrite && button('test')}
      {kind !== 'image' && button('browse')}
      {mayWrite && SECRET_KINDS[kind] !== 'none' && button('secret')}
      {mayWrite && <DeleteButton endpoint={endpoint} />}
    </span>
  );
}
