import type { MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client';

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

interface Exemplar {
  labelSet: Record<string, string>;
  value: number;
  /** Seconds since the epoch. */
  timestamp: number;
}
type Value = MetricValueWithName<string> & { exemplar?: Exemplar | null; sharedLabels?: Record<string, string | number> };
type Family = Omit<MetricObjectWithValues<Value>, 'type'> & { type: unknown };

export interface MetricsText {
  contentType: string;
  body: string;
}

/**
 * What a scraper is given: OpenMetrics, with exemplars, where its Accept header names it (Prometheus does), else the text format of
 * Prometheus 0.0.4. prom-client decides by registry and not by request, and renames its counters for good when it writes OpenMetrics:
 * so that form is written here. https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export async function renderMetrics(registry: Registry, accept = ''): Promise<MetricsText> {
  if (!accept.includes('application/openmetrics-text')) return { contentType: registry.contentType, body: await registry.metrics() };
  const families = await Promise.all(registry.getMetricsAsArray().map((metric) => valuesOf(metric)));
  return { contentType: OPENMETRICS, body: `${families.map(familyText).join('')}# EOF\n` };
}

/** A histogram has its exemplars only in the form that it gives for text. */
function valuesOf(metric: object): Promise<Family> {
  const { getForPromString, get } = metric as { getForPromString?: () => Promise<Family>; get: () => Promise<Family> };
  return (getForPromString ?? get).call(metric);
}

function familyText({ name, help, type, values }: Family): string {
  const isCounter = type === 'counter';
  const family = isCounter ? name.replace(/_total$/, '') : name;
  const lines = values.map(({ metricName = name, labels, sharedLabels, value, exemplar }) => {
    const sample = isCounter ? `${family}_total` : metricName;
    return `${sample}${labelText({ ...sharedLabels, ...labels })} ${numberText(value)}${exemplarText(exemplar)}`;
  });
  return [`# HELP ${family} ${escaped(help)}`, `# TYPE ${family} ${String(type)}`, ...lines, ''].join('\n');
}

function labelText(labels: Partial<Record<string, string | number>>): string {
  const entries = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return entries.length > 0 ? `{${entries.join(',')}}` : '';
}

function exemplarText(exemplar: Exemplar | null | undefined): string {
  return exemplar ? ` # ${labelText(exemplar.labelSet)} ${numberText(exemplar.value)} ${exemplar.timestamp}` : '';
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value < 0 ? '-Inf' : '+Inf';
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}
