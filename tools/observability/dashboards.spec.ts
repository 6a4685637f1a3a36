import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { registry } from '@smartant/platform/metrics';
import { dashboardQueries, foreignMetrics, FOLDER, metricsIn, readDashboards, readRules, seriesOf } from './read-observability';

const ROOT = join(FOLDER, '..');

/** What the code makes, as docs/metrics.md lists it. */
function ownMetrics(): string[] {
  const script = `import('./tools/docs/describe-metrics.mjs').then(({ findMetrics }) => console.log(JSON.stringify([...findMetrics('.')].map(([name, { kind }]) => [name, kind]))))`;
  const found = JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' })) as [string, string][];
  return found.flatMap(([name, kind]) => seriesOf(name, kind));
}

describe('metricsIn', () => {
  it.each<[expr: string, names: string[]]>([
    [
      'sum by (app, le) (rate(a_total{code=~"5..", x!="sum(b)"}[5m])) / on (app) group_left (x) c:d:rate5m > 1.5e3',
      ['a_total', 'c:d:rate5m'],
    ],
    ['histogram_quantile(0.95, sum(rate(a_bucket[1h]))) or vector(0) unless b offset 15m', ['a_bucket', 'b']],
    ['time() - process_start_time_seconds{app="x"}', ['process_start_time_seconds']],
  ])('finds what is asked for: %s', (expr, names) => {
    expect([...metricsIn(expr)]).toEqual(names);
  });
});

describe('dashboards', () => {
  const dashboards = readDashboards();

  it('are there for everything that is looked at', () => {
    expect(dashboards.map(([file]) => file.split('/').at(-1)!.replace('.json', '')).sort()).toEqual([
      'kafka-postgres',
      'kong',
      'mesh',
      'migration',
      'notifier',
      'overview',
      'service',
      'service-levels',
    ]);
    expect(new Set(dashboards.map(([, { uid }]) => uid)).size).toBe(dashboards.length);
  });

  it.each(dashboards)('%s shows each panel in a place of its own', (_file, { panels }) => {
    const taken = new Set<string>();
    const inTheWay: string[] = [];
    for (const { title, gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          if (x >= 24 || taken.has(`${x} ${y}`)) inTheWay.push(title);
          taken.add(`${x} ${y}`);
        }
    expect(inTheWay).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('and rules ask for metrics that there are', () => {
    const known = new Set([
      ...ownMetrics(),
      ...registry.getMetricsAsArray().flatMap(({ name, type }) => seriesOf(name, String(type))),
      ...readRules().flatMap(({ record }) => record ?? []),
      ...foreignMetrics(),
    ]);
    const asked = new Set([...dashboardQueries(), ...readRules().map(({ expr }) => expr)].flatMap((expr) => [...metricsIn(expr)]));
    expect([...asked].filter((name) => !known.has(name)).sort()).toEqual([]);
    expect([...foreignMetrics()].filter((name) => !asked.has(name))).toEqual([]);
  });
});
