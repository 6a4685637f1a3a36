import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const FOLDER = join(__dirname, '..', '..', 'observability');

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}
export interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { name: string; type: string; definition?: string }[] };
}

/** Files in a folder of `observability/`, paths from there. */
export const filesIn = (folder: string): string[] => readdirSync(join(FOLDER, folder)).map((name) => join(folder, name));

export const readYaml = <T>(file: string): T => parse(readFileSync(join(FOLDER, file), 'utf8')) as T;

export function readRules(): Rule[] {
  return filesIn('files/rules').flatMap((file) => readYaml<{ groups: { rules: Rule[] }[] }>(file).groups.flatMap(({ rules }) => rules));
}

export function readDashboards(): [file: string, dashboard: Dashboard][] {
  return filesIn('files/dashboards').map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard]);
}

/** All PromQL of dashboards, with Grafana's variables made what Prometheus takes. */
export function dashboardQueries(): string[] {
  const written = readDashboards().flatMap(([, { panels, templating }]) => [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition = '' }) => /^label_values\((.*), \w+\)$/.exec(definition)?.[1] ?? []),
  ]);
  return written.map((expr) => expr.replaceAll('$__rate_interval', '5m').replace(/\$(\w+)/g, '.*'));
}

const KEYWORDS = /^(by|without|on|ignoring|group_left|group_right|bool|offset|and|or|unless|inf|nan)$/i;

/** The names of the metrics that a PromQL expression asks for. For expressions as they are written here: no `{__name__=…}`. */
export function metricsIn(expr: string): Set<string> {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  // What a bracket follows is a function; what a digit begins is a number or a duration.
  const names = [...bare.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\()(?![\w:])/g)].map(([, name]) => name!);
  return new Set(names.filter((name) => !KEYWORDS.test(name)));
}

/** The metrics that Prometheus reads for a query of them: those of a histogram are three. */
export const seriesOf = (name: string, kind: string): string[] =>
  kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];

/** Of others, which the list names with their documentation. */
export function foreignMetrics(): Set<string> {
  const listed = JSON.parse(readFileSync(join(__dirname, 'foreign-metrics.json'), 'utf8')) as Record<string, string[]>;
  return new Set(Object.values(listed).flat());
}
