import { z } from 'zod';
import type { LogLine, LogQuery, LogStore } from '../../application/ports/log-store';
import type { QueryClient } from '../query-client/query-client';
import { fits, levelsFrom, toLogLine } from './parse-line';

const answer = z.object({ hits: z.object({ hits: z.array(z.object({ _source: z.record(z.string(), z.unknown()) })) }) });

/**
 * Asks Elasticsearch (7 and later) or OpenSearch for lines that were shipped as they are (observability/logs). What a user typed is a value of
 * the query, never part of its syntax: https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-multi-match-query
 */
export class ElasticsearchLogStore implements LogStore {
  readonly kind = 'elasticsearch';

  /** `index`: a name, an alias or a pattern. */
  constructor(
    private readonly client: QueryClient,
    private readonly index: string,
  ) {}

  async search(query: LogQuery, limit: number, signal: AbortSignal): Promise<LogLine[]> {
    const body = {
      size: limit,
      sort: [{ time: { order: 'desc', unmapped_type: 'date' } }],
      query: { bool: { filter: filtersOf(query) } },
    };
    const found = await this.client.post(`/${encodeURIComponent(this.index)}/_search?ignore_unavailable=true`, body, answer, signal);
    if (found === null) return [];
    const lines = found.hits.hits.map(({ _source }) => toLogLine(withPod(_source)));
    // Whatever the store's mapping made of the question: nothing else is shown.
    return lines.filter((line) => line !== null).filter((line) => fits(line, query));
  }
}

function filtersOf(query: LogQuery): object[] {
  const exact = { service: query.service, hostname: query.host, trace_id: query.traceId, migrationId: query.migrationId, workspaceId: query.workspaceId };
  return [
    { range: { time: { gte: query.since.toISOString(), lte: query.until.toISOString() } } },
    ...(query.level === undefined ? [] : [oneOf('level', levelsFrom(query.level))]),
    ...Object.entries(exact).flatMap(([field, value]) => (value === undefined ? [] : [oneOf(field, [value])])),
    ...query.terms.map((term) => ({ multi_match: { query: term, type: 'phrase', fields: ['*'], lenient: true } })),
  ];
}

/** A mapping that was made by itself has the exact text below `keyword`. */
function oneOf(field: string, values: string[]): object {
  return { bool: { should: [{ terms: { [`${field}.keyword`]: values } }, { terms: { [field]: values } }], minimum_should_match: 1 } };
}

/** A collector knows the pod by itself where a line does not tell it. */
function withPod(source: Record<string, unknown>): Record<string, unknown> {
  const pod = (source['kubernetes'] as { pod_name?: unknown } | undefined)?.pod_name;
  return typeof pod === 'string' && source['hostname'] === undefined ? { ...source, hostname: pod } : source;
}
