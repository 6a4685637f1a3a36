import { useMemo } from 'react';
import { Chart } from '../../../charts/chart';
import { useFormats } from '../../../language/format';
import { useLanguage, useTexts } from '../../../language/texts';
import { texts } from '../texts';
import type { Point } from '../throughput';

const SHORTEST_SPAN_MS = 60_000;
/** Below it, nothing that anybody waits for is on its way: a flat line must not look like a mountain. */
const LOWEST_TOP = 1_024;

export default function ThroughputChart({ points }: { points: readonly Point[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { language } = useLanguage();
  const end = points.at(-1)?.atMs ?? 0;
  const option = useMemo(
    () => ({
      xAxis: { type: 'time' as const, min: Math.min(points[0]?.atMs ?? end, end - SHORTEST_SPAN_MS), max: end },
      yAxis: {
        type: 'value' as const,
        min: 0,
        max: ({ max }: { max: number }) => Math.max(max, LOWEST_TOP),
        splitNumber: 4,
        axisLabel: { formatter: (value: number) => t.perSecond(format.bytes(value)) },
      },
      series: [
        {
          type: 'line' as const,
          showSymbol: false,
          smooth: 0.2,
          areaStyle: { opacity: 0.12 },
          data: points.map(({ atMs, bytesPerSecond }) => [atMs, bytesPerSecond]),
        },
      ],
      tooltip: { valueFormatter: (value: unknown) => t.perSecond(format.bytes(Number(value))) },
    }),
    [points, language],
  );
  return <Chart option={option} label={t.throughput} height={220} />;
}
