import { lazy, Suspense, useEffect, useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { progressOf } from '../../migrations/progress';
import type { MigrationWatch } from '../../migrations/use-migration-watch';
import { movedOf } from '../moved';
import { remainingSeconds, withLook, type Look } from '../remaining';
import { texts } from '../texts';

const SpeedChart = lazy(() => import('./speed-chart'));
/** A quarter of an hour at one a second. */
const POINTS_KEPT = 900;

type Migration = Schema<'Migration'>;

export interface SpeedPoint {
  atMs: number;
  bytesPerSecond: number;
  lagMs: number | null;
}

/** How far it is and how fast it goes, as the stream tells it. */
export function LiveFigures({ migration, watch }: { migration: Migration; watch: MigrationWatch }) {
  const t = useTexts(texts);
  const { looks, points } = useSeen(migration, watch);
  const isMoving = migration.status === 'running';
  return (
    <section className="panel" aria-label={t.progress}>
      <div className="panel-head">
        <h2>{t.progress}</h2>
        {isMoving && (
          <span className="live" data-connected={watch.isConnected} role="status">
            {watch.isConnected ? t.live : t.reconnecting}
          </span>
        )}
      </div>
      <Figures migration={migration} watch={watch} left={isMoving ? remainingSeconds(looks, migration.expectedBytes) : null} />
      {points.length > 1 && points.some(({ bytesPerSecond, lagMs }) => bytesPerSecond > 0 || lagMs !== null) && (
        <div className="chart">
          <Suspense>
            <SpeedChart points={points} />
          </Suspense>
        </div>
      )}
    </section>
  );
}

function Figures({ migration, watch, left }: { migration: Migration; watch: MigrationWatch; left: number | null }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { ledger, stream, spec, status } = migration;
  const ratio = progressOf(migration);
  const settled = ledger.copiedBytes + ledger.unchangedBytes;
  const downtime = downtimeSeconds(migration);
  return (
    <dl className="figures">
      <Figure name={t.complete} value={ratio === null ? '–' : format.percent(ratio)} />
      <Figure
        name={t.copied}
        value={
          migration.expectedBytes > settled
            ? t.ofTotal(format.bytes(settled), format.bytes(migration.expectedBytes))
            : format.bytes(settled)
        }
      />
      <Figure name={t.moved[spec.kind]} value={format.count(movedOf(spec.kind, ledger))} />
      {status === 'running' && <Figure name={t.rate} value={t.perSecond(format.bytes(watch.bytesPerSecond))} />}
      {status === 'running' && migration.phase === 'full' && (
        <Figure name={t.remaining} value={left === null ? t.remainingUnknown : format.duration(left)} />
      )}
      {migration.shardsTotal > 0 && (
        <Figure name={t.shards} value={t.ofTotal(format.count(migration.shardsDone), format.count(migration.shardsTotal))} />
      )}
      {stream && <Figure name={t.lag} value={`${format.duration(stream.lagMs / 1_000)} · ${format.bytes(stream.lagBytes)}`} />}
      {stream && <Figure name={t.retained} value={format.bytes(stream.retainedBytes)} />}
      {downtime !== null && <Figure name={t.downtime} value={format.duration(downtime)} />}
    </dl>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="figure small">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** From the freeze of the source to the opened target; null before there is one. */
function downtimeSeconds({ frozenAt, openedAt }: Migration): number | null {
  return frozenAt === null || openedAt === null ? null : (Date.parse(openedAt) - Date.parse(frozenAt)) / 1_000;
}

/** What was seen since the page was opened. */
function useSeen(migration: Migration, { bytesPerSecond }: MigrationWatch) {
  const [looks, setLooks] = useState<readonly Look[]>([]);
  const [points, setPoints] = useState<readonly SpeedPoint[]>([]);
  const { ledger, status, stream } = migration;
  const bytes = ledger.copiedBytes + ledger.unchangedBytes;
  useEffect(() => {
    if (status !== 'running') return;
    const atMs = Date.now();
    setLooks((before) => withLook(before, { atMs, bytes }));
    setPoints((before) => [...before, { atMs, bytesPerSecond, lagMs: stream?.lagMs ?? null }].slice(-POINTS_KEPT));
  }, [migration, status, bytes, bytesPerSecond, stream]);
  return { looks, points };
}
