import { useQuery } from '@tanstack/react-query';
import { Table, Tag, type TableColumnsType } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { membersQuery, useRemoveMember, useSetRole } from '../queries';
import { texts } from '../texts';
import { ConfirmedButton } from './confirmed-button';
import { RoleSelect } from './role-select';

type Member = Schema<'Member'>;

/** The people of the workspace. The last owner cannot go: the platform says so. */
export function MemberList({ workspace }: { workspace: string }) {
  const t = useTexts(texts);
  const { data, error, isPending, refetch } = useQuery(membersQuery(workspace));
  const setRole = useSetRole(workspace);
  const remove = useRemoveMember(workspace);
  const trouble = setRole.error ?? remove.error;
  return (
    <section className="panel table-panel" aria-label={t.members}>
      <h2>{t.members}</h2>
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {trouble && <ProblemView error={trouble} />}
      <Table<Member>
        rowKey="userId"
        columns={useColumns(setRole, remove.mutate)}
        dataSource={data?.items ?? []}
        loading={isPending}
        pagination={false}
      />
    </section>
  );
}

function useColumns(setRole: ReturnType<typeof useSetRole>, onRemove: (userId: string) => void): TableColumnsType<Member> {
  const t = useTexts(texts);
  const { userId: me } = useIdentity();
  return [
    {
      key: 'name',
      title: t.name,
      render: (_value, { username, userId, disabled }) => (
        <>
          <strong className="unit">{username}</strong> {userId === me && <Tag>{t.you}</Tag>}
          {disabled && <Tag color="error">{t.disabled}</Tag>}
        </>
      ),
    },
    {
      key: 'role',
      title: t.role,
      render: (_value, { userId, username, role }) =>
        role === 'admin' ? (
          t.roles.admin
        ) : (
          <RoleSelect
            label={t.roleOf(username)}
            value={role}
            isBusy={setRole.isPending && setRole.variables.userId === userId}
            onChange={(wanted) => setRole.mutate({ userId, role: wanted })}
          />
        ),
    },
    { key: 'joined', title: t.joined, responsive: ['md'], render: (_value, { joinedAt }) => <RelativeTime at={joinedAt} /> },
    {
      key: 'actions',
      title: <span className="for-readers">{t.actions}</span>,
      align: 'end',
      render: (_value, { userId, username, role }) =>
        role !== 'admin' && (
          <ConfirmedButton
            text={t.remove}
            label={t.removeOf(username)}
            title={t.removeTitle(username)}
            description={t.removeText}
            onConfirm={() => onRemove(userId)}
          />
        ),
    },
  ];
}
