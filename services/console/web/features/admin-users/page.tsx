import { useQuery } from '@tanstack/react-query';
import { App } from 'antd';
import { useSearchParams } from 'react-router';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { Pager } from '../migrations/parts/pager';
import { UserTable } from './parts/user-table';
import { useResetSecondFactor, usersQuery, useSetDisabled } from './queries';
import { texts } from './texts';

/** For administrators of the platform. */
export default function AdminUsersPage() {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [search] = useSearchParams();
  const { data, error, isPending, refetch } = useQuery(usersQuery(search.get('after') ?? undefined));
  const setDisabled = useSetDisabled();
  const reset = useResetSecondFactor();
  const trouble = setDisabled.error ?? reset.error;
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {trouble && <ProblemView error={trouble} />}
      <section className="panel table-panel" aria-label={t.title}>
        <UserTable
          users={data?.items ?? []}
          isLoading={isPending}
          onSetDisabled={(user, disabled) => setDisabled.mutate({ user, disabled })}
          onResetSecondFactor={({ id, username }) => reset.mutate(id, { onSuccess: () => void message.success(t.resetDone(username)) })}
        />
        <Pager next={data?.nextPageToken ?? null} />
      </section>
    </>
  );
}
