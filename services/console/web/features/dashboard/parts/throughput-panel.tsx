import { lazy, Suspense } from 'react';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';
import type { Point } from '../throughput';

/** The charting library comes after the page is there. */
const ThroughputChart = lazy(() => import('./throughput-chart'));

export function ThroughputPanel({ points }: { points: readonly Point[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const last = points.at(-1);
  return (
    <section className="panel" aria-labelledby="throughput">
      <div className="panel-head">
        <div>
          <h2 id="throughput">{t.throughput}</h2>
          <p className="quiet">{t.throughputText}</p>
        </div>
        {last && <strong className="big">{t.perSecond(format.bytes(last.bytesPerSecond))}</strong>}
      </div>
      <div className="chart">
        {points.length === 0 ? (
          <p className="quiet">{t.throughputWait}</p>
        ) : (
          <Suspense>
            <ThroughputChart points={points} />
          </Suspense>
        )}
      </div>
    </section>
  );
}
