import KeyOutlined from '@ant-design/icons/KeyOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { EmptyState } from '../../elements/empty-state';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { useIdentity } from '../../session/use-session';
import { KeyForm } from './parts/key-form';
import { KeyTable } from './parts/key-table';
import { SecretOnce } from './parts/secret-once';
import { apiKeysQuery, useCreateApiKey, useRevokeApiKey } from './queries';
import { rolesUpTo } from './roles-up-to';
import { texts } from './texts';

export default function ApiKeysPage() {
  const t = useTexts(texts);
  const { workspace, role } = useIdentity();
  const { data, error, isPending, refetch } = useQuery(apiKeysQuery(workspace));
  const [isAsked, setAsked] = useState(false);
  const create = useCreateApiKey(workspace);
  const revoke = useRevokeApiKey(workspace);
  const ask = (
    <Button type="primary" onClick={() => setAsked(true)}>
      {t.create}
    </Button>
  );
  const close = () => {
    setAsked(false);
    // Nothing keeps the key once its window is closed.
    create.reset();
  };
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} actions={data?.items.length !== 0 && ask} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {revoke.error && <ProblemView error={revoke.error} />}
      {data?.items.length === 0 ? (
        <EmptyState icon={KeyOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
          <p>
            {t.emptyUse} <code>SMARTANT_API_KEY</code>, <code>POST /v1/auth/token</code>
          </p>
          <p>{ask}</p>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <KeyTable keys={data?.items ?? []} isLoading={isPending} onRevoke={revoke.mutateAsync} />
        </section>
      )}
      {isAsked && !create.data && (
        <KeyForm
          title={t.create}
          roles={rolesUpTo(role)}
          isBusy={create.isPending}
          error={create.error}
          onCreate={(wish) => create.mutate(wish)}
          onClose={close}
        />
      )}
      {create.data && <SecretOnce title={create.data.name} secret={create.data.apiKey} onClose={close} />}
    </>
  );
}
