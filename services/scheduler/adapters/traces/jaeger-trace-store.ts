import { z } from 'zod';
import type { FoundSpans, TraceSpan, TraceStore, UnitSearch } from '../../application/ports/trace-store';
import type { QueryClient } from '../query-client/query-client';
import { isAbout, MIGRATION_ATTRIBUTE, spanName, UNIT_ATTRIBUTES } from './unit-of-span';

const MOST_SPANS = 2_000;
/** Traces of one answer: a unit is in one for each phase that it was worked on in. */
const MOST_TRACES = 50;

const tag = z.object({ key: z.string(), value: z.unknown() });
const jaegerTrace = z.object({
  spans: z.array(
    z.object({
      traceID: z.string(),
      spanID: z.string(),
      operationName: z.string(),
      references: z.array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() })).nullish(),
      startTime: z.number(),
      duration: z.number(),
      tags: z.array(tag).nullish(),
      processID: z.string(),
    }),
  ),
  processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: z.array(tag).nullish() })),
});
const traces = z.object({ data: z.array(jaegerTrace).nullish() });
const services = z.object({ data: z.array(z.string()).nullish() });
type JaegerTrace = z.output<typeof jaegerTrace>;

/** Traces as Jaeger's query service has them: https://www.jaegertracing.io/docs/1.76/apis/#http-json */
export class JaegerTraceStore implements TraceStore {
  readonly kind = 'jaeger';

  constructor(private readonly client: QueryClient) {}

  async findUnit(search: UnitSearch, signal: AbortSignal): Promise<FoundSpans> {
    const found: JaegerTrace[] = [];
    for (const service of await this.servicesLike(search.services, signal)) found.push(...(await this.search(service, search, signal)));
    const all = found.flatMap(spansOf);
    const ids = new Set(all.filter((span) => isOfUnit(span, search)).map(idOf));
    let grown = true;
    while (grown) {
      grown = false;
      for (const span of all) {
        if (ids.has(idOf(span)) || span.parentSpanId === null || !ids.has(`${span.traceId}/${span.parentSpanId}`)) continue;
        ids.add(idOf(span));
        grown = true;
      }
    }
    return bounded(all.filter((span) => ids.has(idOf(span))));
  }

  async trace(traceId: string, signal: AbortSignal): Promise<FoundSpans> {
    const answer = await this.client.get(`/api/traces/${encodeURIComponent(traceId)}`, {}, traces, signal);
    return bounded((answer?.data ?? []).flatMap(spansOf));
  }

  /** Deployments name their services `<app>.<namespace>`; the application is ours. */
  private async servicesLike(wanted: string[], signal: AbortSignal): Promise<string[]> {
    const known = (await this.client.get('/api/services', {}, services, signal))?.data ?? [];
    return known.filter((name) => wanted.some((one) => name === one || name.startsWith(`${one}.`) || name.startsWith(`${one}-`)));
  }

  private async search(service: string, { migrationId, unit, since }: UnitSearch, signal: AbortSignal): Promise<JaegerTrace[]> {
    // Tags are compared as texts that are equal. The span of many files names two of them: those are told apart here.
    const named = unit.kind === 'path' ? {} : { [UNIT_ATTRIBUTES[unit.kind]]: spanName(unit) };
    const query = {
      service,
      tags: JSON.stringify({ [MIGRATION_ATTRIBUTE]: migrationId, ...named }),
      start: String(since.getTime() * 1_000),
      end: String(Date.now() * 1_000),
      limit: String(MOST_TRACES),
    };
    return (await this.client.get('/api/traces', query, traces, signal))?.data ?? [];
  }
}

const idOf = ({ traceId, spanId }: TraceSpan): string => `${traceId}/${spanId}`;

function isOfUnit({ attributes }: TraceSpan, { migrationId, unit }: UnitSearch): boolean {
  return attributes[MIGRATION_ATTRIBUTE] === migrationId && isAbout(attributes, unit);
}

/** Several searches may have brought the same trace. */
function bounded(spans: TraceSpan[]): FoundSpans {
  const unique = [...new Map(spans.map((span) => [idOf(span), span])).values()];
  unique.sort((one, other) => one.startedAt.localeCompare(other.startedAt));
  return { spans: unique.slice(0, MOST_SPANS), truncated: unique.length > MOST_SPANS };
}

function spansOf({ spans, processes }: JaegerTrace): TraceSpan[] {
  return spans.map((span) => {
    const process = processes[span.processID];
    const attributes = texts(span.tags);
    const failed = attributes['error'] === 'true' || attributes['otel.status_code'] === 'ERROR';
    return {
      traceId: padded(span.traceID, 32),
      spanId: padded(span.spanID, 16),
      parentSpanId: parentOf(span),
      name: span.operationName,
      service: process?.serviceName ?? '',
      host: hostOf(texts(process?.tags)),
      startedAt: new Date(span.startTime / 1_000).toISOString(),
      durationMs: span.duration / 1_000,
      failed,
      errorCode: failed ? (attributes['smartant.error_code'] ?? null) : null,
      message: attributes['otel.status_description'] ?? null,
      attributes,
    };
  });
}

function parentOf({ references, traceID }: JaegerTrace['spans'][number]): string | null {
  const parent = references?.find(({ refType, traceID: of }) => refType === 'CHILD_OF' && of === traceID);
  return parent ? padded(parent.spanID, 16) : null;
}

const hostOf = (tags: Record<string, string>): string => tags['host.name'] ?? tags['hostname'] ?? '';
/** Older Jaegers leave zeros at the beginning of ids away. */
const padded = (id: string, length: number): string => id.padStart(length, '0');

function texts(tags: z.output<typeof tag>[] | null | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ key, value }) => [key, typeof value === 'string' ? value : JSON.stringify(value)]));
}
