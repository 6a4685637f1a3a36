import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert as Notice, Button } from 'antd';
import { useNavigate, useSearchParams } from 'react-router';
import { answerOf, api } from '../../../api/client';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { session } from '../../../session/session';
import { useIdentity } from '../../../session/use-session';
import { texts } from '../texts';

/** Messages lead here with the workspace that they are of, which may be another one than this session is in. */
export function OtherWorkspace() {
  const t = useTexts(texts);
  const { workspaceId, workspace } = useIdentity();
  const wanted = useSearchParams()[0].get('workspace');
  const client = useQueryClient();
  const navigate = useNavigate();
  const isOther = wanted !== null && wanted !== workspaceId && wanted !== workspace;
  const { data } = useQuery({
    queryKey: ['workspaces'],
    queryFn: () => answerOf(api.GET('/v1/workspaces')),
    enabled: isOther,
  });
  const change = useMutation({
    mutationFn: (name: string) => session.switchWorkspace(name),
    onSuccess: () => {
      client.clear();
      return navigate('/alerts');
    },
  });
  if (!isOther) return null;
  const name = data?.items.find(({ id }) => id === wanted)?.name;
  return (
    <>
      <Notice
        type="info"
        showIcon
        title={t.otherWorkspace(name ?? wanted)}
        action={
          name !== undefined && (
            <Button size="small" loading={change.isPending} onClick={() => change.mutate(name)}>
              {t.toWorkspace(name)}
            </Button>
          )
        }
      />
      {change.error && <ProblemView error={change.error} />}
    </>
  );
}
