import { Button, Input, Table, type TableColumnsType } from 'antd';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Schema } from '@smartant/contracts/openapi';
import { MoreButton } from '../../../elements/more-button';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { unitAddress } from '../../records/log-search';
import { failuresQuery, useResolution } from '../queries';
import { texts } from '../texts';

type Failure = Schema<'Failure'>;

export interface FailureTableProps {
  migration: Schema<'Migration'>;
  workspace: string;
  mayResolve: boolean;
}

/** What was put aside, with its reason: tried again or left out on the record, one by one or many at once. */
export function FailureTable({ migration, workspace, mayResolve }: FailureTableProps) {
  const { id } = migration;
  const t = useTexts(texts);
  const query = useInfiniteQuery({ ...failuresQuery(workspace, id), refetchInterval: 10_000 });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const failures = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const open = failures.filter(({ state }) => state === 'open');
  if (failures.length === 0 && !query.error) return null;
  return (
    <section className="panel table-panel" aria-label={t.failures}>
      <h2>{t.failures}</h2>
      {query.error && <ProblemView error={query.error} />}
      <Table<Failure>
        rowKey="id"
        size="small"
        // Names can be as long as a key of a bucket: what went wrong stays in sight beside them.
        tableLayout="fixed"
        columns={useColumns(migration)}
        dataSource={failures}
        pagination={false}
        {...(mayResolve && {
          rowSelection: {
            selectedRowKeys: [...chosen],
            onChange: (keys) => setChosen(keys as string[]),
            getCheckboxProps: ({ state, unit }) => ({ disabled: state !== 'open', 'aria-label': unit }),
          },
        })}
      />
      {mayResolve && open.length > 0 && <Resolution workspace={workspace} id={id} failureIds={chosen} onDone={() => setChosen([])} />}
      <MoreButton query={query}>{t.more}</MoreButton>
    </section>
  );
}

function useColumns({ id, spec }: Schema<'Migration'>): TableColumnsType<Failure> {
  const t = useTexts(texts);
  const format = useFormats();
  return [
    { key: 'unit', title: t.unit, width: '35%', render: (_value, { unit }) => <code className="unit">{unit}</code> },
    {
      key: 'reason',
      title: t.reason,
      render: (_value, { code, message }) => (
        <>
          <code>{code}</code> {message}
        </>
      ),
    },
    {
      key: 'attempts',
      title: t.attempts,
      align: 'end',
      width: 90,
      responsive: ['md'],
      render: (_value, { attempts }) => format.count(attempts),
    },
    {
      key: 'at',
      title: t.lastFailed,
      width: 140,
      responsive: ['lg'],
      render: (_value, { lastFailedAt }) => <RelativeTime at={lastFailedAt} />,
    },
    { key: 'state', title: t.state, width: 90, render: (_value, { state }) => t.failureStates[state] },
    {
      key: 'trace',
      title: t.trace,
      width: 90,
      render: (_value, { unit }) => (
        <Link to={unitAddress(id, spec.kind, unit)} aria-label={t.traceOf(unit)}>
          {t.trace}
        </Link>
      ),
    },
  ];
}

interface ResolutionProps {
  workspace: string;
  id: string;
  failureIds: readonly string[];
  onDone: () => void;
}

function Resolution({ workspace, id, failureIds, onDone }: ResolutionProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const [reason, setReason] = useState('');
  const { mutate, isPending, error } = useResolution(workspace, id);
  const none = failureIds.length === 0;
  const count = format.count(failureIds.length);
  const resolve = (resolution: 'retry' | 'waive') =>
    mutate({ failureIds: [...failureIds], resolution, reason: reason.trim() }, { onSuccess: onDone });
  return (
    <div className="resolution">
      <Button disabled={none} loading={isPending} onClick={() => resolve('retry')}>
        {t.retryChosen(count)}
      </Button>
      <Input
        aria-label={t.waiveReason}
        placeholder={t.waiveReason}
        maxLength={1_000}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      <Button danger disabled={none || reason.trim() === ''} loading={isPending} onClick={() => resolve('waive')}>
        {t.waiveChosen(count)}
      </Button>
      {error && <ProblemView error={error} />}
    </div>
  );
}
