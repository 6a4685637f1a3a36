import type { Schema } from '@smartant/contracts/openapi';
import { formatDuration } from '@smartant/kernel';
import { printable } from '../output/table';
import type { Colors } from '../output/terminal';

export type TraceSpan = Schema<'TraceSpan'>;

/** What a line says of a span beside its name, in this order. */
const SHOWN = [
  'smartant.key',
  'smartant.table',
  'smartant.path',
  'smartant.last_path',
  'smartant.rows',
  'smartant.stage',
  'smartant.attempt',
  'smartant.attempts',
  'smartant.bytes',
  'http.request.method',
  'url.path',
  'http.response.status_code',
  'db.operation.name',
];

/** Spans as a tree, a line each: its name, how long it took, where it ran and what it failed with. A span whose parent is not there stands by itself. */
export function traceTree(spans: TraceSpan[], colors: Colors): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = Map.groupBy(spans, ({ parentSpanId }) => (parentSpanId !== null && ids.has(parentSpanId) ? parentSpanId : ''));
  const lines: string[] = [];
  const draw = (span: TraceSpan, indent: string, isLast: boolean, depth: number): void => {
    const branch = depth === 0 ? '' : `${indent}${isLast ? '└─ ' : '├─ '}`;
    lines.push(`${branch}${spanLine(span, colors)}`);
    const children = below.get(span.spanId) ?? [];
    const next = depth === 0 ? '' : `${indent}${isLast ? '   ' : '│  '}`;
    children.forEach((child, index) => draw(child, next, index === children.length - 1, depth + 1));
  };
  for (const root of below.get('') ?? []) draw(root, '', true, 0);
  return lines;
}

function spanLine(span: TraceSpan, colors: Colors): string {
  const { name, service, host, durationMs, failed, errorCode, message, attributes } = span;
  const where = host === '' ? service : `${service} @ ${host}`;
  const about = SHOWN.flatMap((key) => (attributes[key] === undefined ? [] : [`${key.replace('smartant.', '')}=${attributes[key]}`]));
  const told = [printable(name), formatDuration(durationMs), colors.dim(printable(where)), ...about.map(printable)].join('  ');
  return failed ? `${told}  ${colors.red(printable([errorCode, message].filter((text) => text !== null).join(': ') || 'failed'))}` : told;
}
