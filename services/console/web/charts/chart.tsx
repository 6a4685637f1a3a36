import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { theme } from 'antd';

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

export interface ChartProps {
  /** Of ECharts; colours, grid and texts of the axes are added here. */
  option: EChartsCoreOption & { xAxis?: object; yAxis?: object; tooltip?: object };
  /** What it shows, for who does not see it. */
  label: string;
  height: number;
}

/** Import it lazily: the library is as large as the rest of a page. */
export function Chart({ option, label, height }: ChartProps) {
  const { token } = theme.useToken();
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  useEffect(() => {
    if (!element.current) return;
    const made = init(element.current);
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(element.current);
    return () => {
      watcher.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const axis = {
      axisLabel: { color: token.colorTextSecondary, hideOverlap: true },
      axisLine: { lineStyle: { color: token.colorBorder } },
      splitLine: { lineStyle: { color: token.colorBorderSecondary } },
    };
    chart.current?.setOption({
      ...option,
      color: [token.colorPrimary, '#14b8a6', '#f59e0b', '#ef4444'],
      textStyle: { fontFamily: token.fontFamily },
      animation: false,
      grid: { left: 8, right: 16, top: 16, bottom: 4, containLabel: true },
      xAxis: merged(axis, { ...option.xAxis, splitLine: { show: false } }),
      yAxis: merged(axis, option.yAxis),
      // As text on the canvas: the other way would write styles into the page, which its policy refuses.
      tooltip: { trigger: 'axis', renderMode: 'richText', ...option.tooltip },
    });
  }, [option, token]);
  return <div ref={element} role="img" aria-label={label} style={{ height }} />;
}

type Part = Record<string, unknown>;

function merged(one: Record<string, Part>, other: object = {}): object {
  const result: Record<string, unknown> = { ...one, ...other };
  for (const [name, value] of Object.entries(one)) {
    const theirs = (other as Record<string, unknown>)[name];
    if (typeof theirs === 'object') result[name] = { ...value, ...theirs };
  }
  return result;
}
