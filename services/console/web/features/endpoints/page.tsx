import ApiOutlined from '@ant-design/icons/ApiOutlined';
import PlusOutlined from '@ant-design/icons/PlusOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { EmptyState } from '../../elements/empty-state';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { Pager } from '../migrations/parts/pager';
import { EndpointForm } from './parts/endpoint-form';
import { EndpointTable, type EndpointAct } from './parts/endpoint-table';
import { ItemTree } from './parts/item-tree';
import { SecretForm } from './parts/secret-form';
import { TestView } from './parts/test-view';
import { endpointsQuery, type Endpoint } from './queries';
import { texts } from './texts';

const PAGE_SIZE = 20;
const WIDTH = 640;

type Opened = { act: 'add' } | { act: EndpointAct; endpoint: Endpoint };

/** Saved places, and what they are signed in to with: to be added, tried, looked into, and given another secret. */
export default function EndpointsPage() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const mayWrite = useMay('endpoint:write');
  const [search] = useSearchParams();
  const [opened, open] = useState<Opened>();
  const wanted = { pageSize: PAGE_SIZE, pageToken: search.get('after') ?? undefined };
  const { data, error, isPending, refetch } = useQuery(endpointsQuery(workspace, wanted));
  const add = mayWrite && (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => open({ act: 'add' })}>
      {t.add}
    </Button>
  );
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} actions={add} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && search.size === 0 ? (
        <EmptyState icon={ApiOutlined} title={t.emptyTitle}>
          <p>{t.emptyText}</p>
        </EmptyState>
      ) : (
        <section className="panel table-panel">
          <EndpointTable
            endpoints={data?.items ?? []}
            isLoading={isPending}
            mayWrite={mayWrite}
            onAct={(act, endpoint) => open({ act, endpoint })}
          />
          <Pager next={data?.nextPageToken ?? null} />
        </section>
      )}
      <Drawer
        open={opened !== undefined}
        size={WIDTH}
        destroyOnHidden
        title={opened && ('endpoint' in opened ? `${t.acts[opened.act]}: ${opened.endpoint.name}` : t.add)}
        onClose={() => open(undefined)}
      >
        {opened && <Content opened={opened} onDone={(endpoint) => open({ act: 'test', endpoint })} />}
      </Drawer>
    </>
  );
}

function Content({ opened, onDone }: { opened: Opened; onDone: (endpoint: Endpoint) => void }) {
  const t = useTexts(texts);
  if (!('endpoint' in opened)) return <EndpointForm kinds={['s3', 'file', 'postgres', 'ssh', 'image']} onSaved={onDone} />;
  const { act, endpoint } = opened;
  if (act === 'browse') return <ItemTree endpoint={endpoint.id} label={`${t.acts.browse}: ${endpoint.name}`} />;
  return act === 'secret' ? <SecretForm endpoint={endpoint} onSaved={onDone} /> : <TestView endpoint={endpoint} />;
}
