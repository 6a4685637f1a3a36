import { Button, Popconfirm, Table, Tag, type TableColumnsType } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { texts } from '../texts';

type Workspace = Schema<'Workspace'>;

export interface WorkspaceTableProps {
  workspaces: Workspace[];
  isLoading: boolean;
  onQuotas: (workspace: Workspace) => void;
  onSetDisabled: (id: string, disabled: boolean) => void;
}

export function WorkspaceTable({ workspaces, isLoading, onQuotas, onSetDisabled }: WorkspaceTableProps) {
  const t = useTexts(texts);
  const { workspaceId } = useIdentity();
  const columns: TableColumnsType<Workspace> = [
    {
      key: 'name',
      title: t.name,
      render: (_value, { id, name, disabled, secondFactorRequired }) => (
        <>
          <strong className="unit">{name}</strong> {id === workspaceId && <Tag>{t.here}</Tag>}
          {secondFactorRequired && <Tag>{t.secondFactor}</Tag>}
          {disabled && <Tag color="error">{t.disabled}</Tag>}
        </>
      ),
    },
    { key: 'created', title: t.created, responsive: ['sm'], render: (_value, { createdAt }) => <RelativeTime at={createdAt} /> },
    {
      key: 'actions',
      title: <span className="for-readers">{t.actions}</span>,
      align: 'end',
      render: (_value, workspace) => (
        <div className="buttons row-buttons">
          <Button size="small" aria-label={t.quotasOf(workspace.name)} onClick={() => onQuotas(workspace)}>
            {t.quotas}
          </Button>
          {workspace.id !== workspaceId && (
            <DisableButton workspace={workspace} onSetDisabled={(disabled) => onSetDisabled(workspace.id, disabled)} />
          )}
        </div>
      ),
    },
  ];
  return <Table<Workspace> rowKey="id" columns={columns} dataSource={workspaces} loading={isLoading} pagination={false} />;
}

interface DisableButtonProps {
  workspace: Workspace;
  onSetDisabled: (disabled: boolean) => void;
}

function DisableButton({ workspace: { name, disabled }, onSetDisabled }: DisableButtonProps) {
  const t = useTexts(texts);
  if (disabled)
    return (
      <Button size="small" aria-label={t.enableOf(name)} onClick={() => onSetDisabled(false)}>
        {t.enable}
      </Button>
    );
  return (
    <Popconfirm
      title={t.disableTitle(name)}
      description={t.disableText}
      okText={t.disable}
      okButtonProps={{ danger: true }}
      cancelText={t.keep}
      onConfirm={() => onSetDisabled(true)}
    >
      <Button size="small" danger aria-label={t.disableOf(name)}>
        {t.disable}
      </Button>
    </Popconfirm>
  );
}
