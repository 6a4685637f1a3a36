import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { serviceAccountsQuery, useCreateServiceAccount, useDeleteServiceAccount, useUpdateServiceAccount } from '../queries';
import { texts } from '../texts';
import { NamedRoleForm } from './named-role-form';
import { ServiceAccountKey } from './service-account-key';
import { ServiceAccountRow } from './service-account-row';

/** Accounts of programs, and new keys for them; what keys there are is told by the page of the keys. */
export function ServiceAccountList({ workspace }: { workspace: string }) {
  const t = useTexts(texts);
  const { data, error, refetch } = useQuery(serviceAccountsQuery(workspace));
  const [isAsked, setAsked] = useState(false);
  const [keyFor, setKeyFor] = useState<Schema<'ServiceAccount'> | null>(null);
  const create = useCreateServiceAccount(workspace);
  const update = useUpdateServiceAccount(workspace);
  const remove = useDeleteServiceAccount(workspace);
  const trouble = update.error ?? remove.error;
  return (
    <section className="panel" aria-label={t.services}>
      <div className="panel-head">
        <h2>{t.services}</h2>
        <Button onClick={() => setAsked(true)}>{t.createService}</Button>
      </div>
      <p className="quiet">{data?.items.length === 0 ? t.servicesNone : t.servicesText}</p>
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {trouble && <ProblemView error={trouble} />}
      <ul className="rows">
        {data?.items.map((account) => (
          <ServiceAccountRow
            key={account.id}
            account={account}
            isBusy={update.isPending && update.variables.id === account.id}
            onUpdate={(change) => update.mutate({ id: account.id, ...change })}
            onDelete={() => remove.mutate(account.id)}
            onNewKey={() => setKeyFor(account)}
          />
        ))}
      </ul>
      {isAsked && (
        <NamedRoleForm
          title={t.createService}
          label={t.serviceName}
          help={t.serviceNameHelp}
          isBusy={create.isPending}
          error={create.error}
          onSubmit={(wish) => create.mutate(wish, { onSuccess: () => setAsked(false) })}
          onClose={() => {
            setAsked(false);
            create.reset();
          }}
        />
      )}
      {keyFor && <ServiceAccountKey account={keyFor} workspace={workspace} onClose={() => setKeyFor(null)} />}
    </section>
  );
}
