import { useMemo } from 'react';
import { Chart } from '../../../charts/chart';
import { useFormats } from '../../../language/format';
import { useLanguage, useTexts } from '../../../language/texts';
import { texts } from '../texts';
import type { SpeedPoint } from './live-figures';

/** Bytes a second and, of a stream, how far it is behind: what one costs the other is seen in one picture. */
export default function SpeedChart({ points }: { points: readonly SpeedPoint[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { language } = useLanguage();
  const hasLag = points.some(({ lagMs }) => lagMs !== null);
  const option = useMemo(() => {
    const speed = {
      type: 'value' as const,
      min: 0,
      minInterval: 1,
      axisLabel: { formatter: (value: number) => t.perSecond(format.bytes(value)) },
    };
    const line = { type: 'line' as const, showSymbol: false, smooth: 0.2 };
    return {
      xAxis: { type: 'time' as const },
      yAxis: speed,
      series: [
        {
          ...line,
          name: t.rate,
          areaStyle: { opacity: 0.12 },
          data: points.map(({ atMs, bytesPerSecond }) => [atMs, bytesPerSecond]),
        },
      ],
      tooltip: { valueFormatter: (value: unknown) => t.perSecond(format.bytes(Number(value))) },
    };
  }, [points, language]);
  const lag = useMemo(
    () => ({
      xAxis: { type: 'time' as const },
      yAxis: { type: 'value' as const, min: 0, axisLabel: { formatter: (value: number) => format.duration(value) } },
      series: [
        { type: 'line' as const, showSymbol: false, name: t.lag, data: points.map(({ atMs, lagMs }) => [atMs, (lagMs ?? 0) / 1_000]) },
      ],
      tooltip: { valueFormatter: (value: unknown) => format.duration(Number(value)) },
    }),
    [points, language],
  );
  return (
    <>
      <Chart option={option} label={t.rate} height={200} />
      {hasLag && <Chart option={lag} label={t.lag} height={140} />}
    </>
  );
}
