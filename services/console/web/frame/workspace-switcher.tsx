import AppstoreOutlined from '@ant-design/icons/AppstoreOutlined';
import DownOutlined from '@ant-design/icons/DownOutlined';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Dropdown } from 'antd';
import { useNavigate } from 'react-router';
import { answerOf, api } from '../api/client';
import { toProblem } from '../api/api-problem';
import { useTexts } from '../language/texts';
import { session } from '../session/session';
import { useIdentity } from '../session/use-session';
import { texts } from './texts';

/** Where one is, and the other workspaces of the user. What was loaded of the one left is forgotten. */
export function WorkspaceSwitcher() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const { message } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data } = useQuery({ queryKey: ['workspaces'], queryFn: () => answerOf(api.GET('/v1/workspaces')) });
  const change = useMutation({
    mutationFn: (name: string) => session.switchWorkspace(name),
    onSuccess: () => {
      client.clear();
      return navigate('/');
    },
    onError: (error) => void message.error(toProblem(error).detail),
  });
  const others = (data?.items ?? []).filter(({ disabled }) => !disabled);
  const label = `${t.workspace}: ${workspace}`;
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectedKeys: [workspace],
        items: others.map(({ name, role }) => ({ key: name, label: `${name} · ${t.roles[role]}` })),
        onClick: ({ key }) => key !== workspace && change.mutate(key),
      }}
    >
      <Button type="text" aria-label={label} loading={change.isPending} icon={<AppstoreOutlined aria-hidden="true" />}>
        <span className="ellipsis">{workspace}</span> <DownOutlined aria-hidden="true" />
      </Button>
    </Dropdown>
  );
}
