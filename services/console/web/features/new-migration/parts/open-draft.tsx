import { useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { ProblemView } from '../../../elements/problem-view';
import { PageSkeleton } from '../../../frame/page-skeleton';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { DraftKeeper } from '../draft-keeper';
import { planOf } from '../plan';
import { draftQuery, draftStoreOf } from '../queries';
import { texts } from '../texts';

/** Goes on with a draft that is kept. */
export function OpenDraft({ id, onOpen }: { id: string; onOpen: (keeper: DraftKeeper) => void }) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const { data, error, refetch } = useQuery(draftQuery(workspace, id));
  useEffect(() => {
    const plan = data && planOf(data.content);
    if (plan) onOpen(new DraftKeeper(draftStoreOf(workspace), plan, data));
  }, [data, workspace, onOpen]);
  const again = <Link to="/migrations/new">{t.beginAnew}</Link>;
  if (error) {
    return (
      <>
        <ProblemView error={error} onRetry={() => void refetch()} />
        {again}
      </>
    );
  }
  return data && planOf(data.content) === null ? (
    <Alert type="warning" showIcon title={t.otherDraft} description={again} />
  ) : (
    <PageSkeleton />
  );
}
