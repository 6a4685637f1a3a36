import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { QuotaDialog } from './parts/quota-dialog';
import { WorkspaceForm } from './parts/workspace-form';
import { WorkspaceTable } from './parts/workspace-table';
import { useUpdateWorkspace, workspacesQuery } from './queries';
import { texts } from './texts';

/** For administrators of the platform. */
export default function AdminWorkspacesPage() {
  const t = useTexts(texts);
  const { data, error, isPending, refetch } = useQuery(workspacesQuery);
  const update = useUpdateWorkspace();
  const [isAsked, setAsked] = useState(false);
  const [quotasOf, setQuotasOf] = useState<Schema<'Workspace'> | null>(null);
  return (
    <>
      <PageHeader
        title={t.title}
        lead={t.lead}
        actions={
          <Button type="primary" onClick={() => setAsked(true)}>
            {t.create}
          </Button>
        }
      />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {update.error && <ProblemView error={update.error} />}
      <section className="panel table-panel" aria-label={t.title}>
        <WorkspaceTable
          workspaces={data?.items ?? []}
          isLoading={isPending}
          onQuotas={setQuotasOf}
          onSetDisabled={(id, disabled) => update.mutate({ id, disabled })}
        />
      </section>
      {isAsked && <WorkspaceForm onClose={() => setAsked(false)} />}
      {quotasOf && <QuotaDialog workspace={quotasOf} onClose={() => setQuotasOf(null)} />}
    </>
  );
}
