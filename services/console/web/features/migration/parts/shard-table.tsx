import { Select, Table, type TableColumnsType } from 'antd';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MoreButton } from '../../../elements/more-button';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import type { ShardCell } from '../shard-cells';
import { SHARD_STATES, shardsQuery, type Shard, type ShardState } from '../shard-queries';
import { texts } from '../texts';

export interface ShardTableProps {
  migrationId: string;
  workspace: string;
  /** The cell whose shards come first; null: from the first on. */
  from: ShardCell | null;
  isLive: boolean;
}

const LIVE_MS = 5_000;

/** Shards one by one: who holds which, how often it was tried, and why it failed. */
export function ShardTable({ migrationId, workspace, from, isLive }: ShardTableProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const [state, setState] = useState<ShardState>();
  const query = useInfiniteQuery({
    ...shardsQuery(workspace, migrationId, { state, from: from?.pageToken }),
    refetchInterval: isLive ? LIVE_MS : false,
  });
  const columns = useColumns();
  return (
    <div className="shard-table">
      <div className="buttons">
        <Select
          aria-label={t.state}
          placeholder={t.anyState}
          className="shard-state"
          value={state}
          allowClear
          options={SHARD_STATES.map((one) => ({ value: one, label: t.shardStates[one] }))}
          onChange={(value) => setState(value ?? undefined)}
        />
        {from && <span className="quiet">{t.fromCell(t.stages[from.stage] ?? from.stage, format.count(from.index + 1))}</span>}
      </div>
      {query.error && <ProblemView error={query.error} onRetry={() => void query.refetch()} />}
      <Table<Shard>
        rowKey="id"
        size="small"
        tableLayout="fixed"
        columns={columns}
        dataSource={query.data?.pages.flatMap(({ items }) => items) ?? []}
        loading={query.isPending}
        pagination={false}
        locale={{ emptyText: t.noShards }}
      />
      <MoreButton query={query}>{t.more}</MoreButton>
    </div>
  );
}

function useColumns(): TableColumnsType<Shard> {
  const t = useTexts(texts);
  const format = useFormats();
  return [
    {
      key: 'shard',
      title: t.shard,
      width: 150,
      render: (_value, { stage, ordinal, path }) => (
        <>
          {t.stages[stage] ?? stage} <code>{[ordinal, ...path].join('.')}</code>
        </>
      ),
    },
    { key: 'state', title: t.state, width: 110, render: (_value, shard) => <State shard={shard} /> },
    { key: 'moved', title: t.copied, align: 'end', width: 100, render: (_value, { counters }) => format.bytes(movedOf(counters)) },
    {
      key: 'holder',
      title: t.holder,
      responsive: ['lg'],
      render: (_value, { holder }) => (holder ? <code className="unit">{holder}</code> : <span className="quiet">–</span>),
    },
    { key: 'epoch', title: t.epoch, align: 'end', width: 80, responsive: ['md'], render: (_value, { epoch }) => format.count(epoch) },
    {
      key: 'attempts',
      title: t.attempts,
      align: 'end',
      width: 90,
      responsive: ['md'],
      render: (_value, { attempts }) => format.count(attempts),
    },
    {
      key: 'about',
      title: t.rangeOrError,
      responsive: ['sm'],
      render: (_value, { lastError, range }) =>
        lastError ? (
          <>
            <code>{lastError.code}</code> {lastError.message}
          </>
        ) : (
          <code className="unit shard-range">{range}</code>
        ),
    },
  ];
}

function State({ shard: { state, finishedAt, notBefore } }: { shard: Shard }) {
  const t = useTexts(texts);
  const at = finishedAt ?? notBefore;
  return (
    <>
      {t.shardStates[state]} {at && <RelativeTime at={at} />}
    </>
  );
}

const movedOf = (counters: Record<string, number>): number =>
  (counters['copiedBytes'] ?? 0) + (counters['appliedBytes'] ?? 0) + (counters['verifiedBytes'] ?? 0);
