import { Segmented } from 'antd';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { cellRates, stagesOf, TONES, type ShardCell, type ShardMap } from '../shard-cells';
import { shardMapQuery } from '../shard-queries';
import { texts } from '../texts';
import { ShardGrid } from './shard-grid';
import { ShardTable } from './shard-table';
import '../shards.css';

type View = 'map' | 'table';

export interface ShardPanelProps {
  migration: Schema<'Migration'>;
  workspace: string;
}

/** The parts of the work as a map of how each fares, and as a table for who reads rather than looks. */
export default function ShardPanel({ migration: { id, status }, workspace }: ShardPanelProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const { data, error, dataUpdatedAt, refetch } = useQuery(shardMapQuery(workspace, id, status === 'running'));
  const rates = useRates(data, dataUpdatedAt);
  const [view, setView] = useState<View>('map');
  const [chosen, setChosen] = useState<ShardCell | null>(null);
  if (error) return <ProblemView error={error} onRetry={() => void refetch()} />;
  if (!data || data.runId === null) return null;
  const show = (cell: ShardCell) => {
    setChosen(cell);
    setView('table');
  };
  return (
    <section className="panel" aria-label={t.shards}>
      <div className="panel-head">
        <div>
          <h2>{t.shards}</h2>
          <p className="quiet">
            {t.shardsDone(format.count(data.shardsDone), format.count(data.shardsTotal))}
            {data.shardsForgotten > 0 && ` ${t.shardsForgotten(format.count(data.shardsForgotten))}`}
          </p>
        </div>
        <Segmented<View>
          aria-label={t.shardView}
          value={view}
          onChange={(wanted) => {
            setChosen(null);
            setView(wanted);
          }}
          options={[
            { value: 'map', label: t.shardViews.map },
            { value: 'table', label: t.shardViews.table },
          ]}
        />
      </div>
      {view === 'map' ? (
        <>
          <Legend />
          <p className="footnote">{t.shardsHelp}</p>
          {stagesOf(data).map(([stage, cells]) => (
            <ShardGrid key={stage} stage={stage} cells={cells} rates={rates} onChoose={show} />
          ))}
        </>
      ) : (
        <ShardTable key={chosen?.pageToken ?? ''} migrationId={id} workspace={workspace} from={chosen} isLive={status === 'running'} />
      )}
    </section>
  );
}

function Legend() {
  const t = useTexts(texts);
  return (
    <ul className="shard-legend" aria-label={t.legend}>
      {TONES.map((tone) => (
        <li key={tone}>
          <i className="shard-cell" data-tone={tone} aria-hidden="true" /> {t.shardTones[tone]}
        </li>
      ))}
    </ul>
  );
}

/** By cell, of the time between the last two looks. */
function useRates(map: ShardMap | undefined, atMs: number): ReadonlyMap<string, number> {
  const [rates, setRates] = useState<ReadonlyMap<string, number>>(new Map());
  const last = useRef<{ map: ShardMap; atMs: number }>(undefined);
  useEffect(() => {
    if (!map) return;
    const look = { map, atMs };
    if (last.current && last.current.atMs < atMs) setRates(cellRates(last.current, look));
    last.current = look;
  }, [map, atMs]);
  return rates;
}
