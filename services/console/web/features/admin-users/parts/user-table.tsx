import { Table, Tag, type TableColumnsType } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { texts } from '../texts';
import { UserActions } from './user-actions';

type User = Schema<'User'>;

export interface UserTableProps {
  users: User[];
  isLoading: boolean;
  onSetDisabled: (user: string, disabled: boolean) => void;
  onResetSecondFactor: (user: User) => void;
}

export function UserTable({ users, isLoading, onSetDisabled, onResetSecondFactor }: UserTableProps) {
  const t = useTexts(texts);
  const { userId: me } = useIdentity();
  const columns: TableColumnsType<User> = [
    {
      key: 'name',
      title: t.name,
      render: (_value, { id, username, platformAdmin, disabled }) => (
        <>
          <strong className="unit">{username}</strong> {id === me && <Tag>{t.you}</Tag>}
          {platformAdmin && <Tag color="processing">{t.administrator}</Tag>}
          {disabled && <Tag color="error">{t.disabled}</Tag>}
        </>
      ),
    },
    { key: 'workspaces', title: t.workspaces, responsive: ['sm'], render: (_value, user) => <Workspaces user={user} /> },
    { key: 'created', title: t.created, responsive: ['md'], render: (_value, { createdAt }) => <RelativeTime at={createdAt} /> },
    {
      key: 'actions',
      title: <span className="for-readers">{t.actions}</span>,
      align: 'end',
      render: (_value, user) =>
        // Who disables oneself cannot take it back.
        user.id !== me && (
          <UserActions
            user={user}
            onSetDisabled={(disabled) => onSetDisabled(user.id, disabled)}
            onResetSecondFactor={() => onResetSecondFactor(user)}
          />
        ),
    },
  ];
  return <Table<User> rowKey="id" columns={columns} dataSource={users} loading={isLoading} pagination={false} />;
}

function Workspaces({ user: { workspaces } }: { user: User }) {
  const t = useTexts(texts);
  if (workspaces.length === 0) return <span className="quiet">{t.noWorkspace}</span>;
  return <>{workspaces.map(({ name, role }) => `${name} (${t.roles[role]})`).join(', ')}</>;
}
