import { z } from 'zod';
import type { LogLine, LogQuery, LogStore } from '../../application/ports/log-store';
import type { QueryClient } from '../query-client/query-client';
import { MOST_ROUNDS, ROUND, tooWide } from './looking-rounds';
import { fits, levelsFrom, toLogLine } from './parse-line';

const hit = z.object({ _index: z.string(), _id: z.string(), _source: z.record(z.string(), z.unknown()) });
const answer = z.object({ hits: z.object({ hits: z.array(hit) }) });
type Hit = z.output<typeof hit>;

/** Words that may begin as the last one of a term does. */
const MOST_ENDINGS = 500;

/**
 * Asks Elasticsearch (7 and later) or OpenSearch for lines that were shipped as they are (observability/logs). What a user typed is a value of
 * the query, never part of its syntax: https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-multi-match-query
 *
 * The store finds words, without the signs between them; what it finds is then held against the question as it was typed, so that a term is in
 * each line that is shown. Where that leaves too few, older lines are looked at. Raises LOG_SEARCH_TOO_WIDE.
 */
export class ElasticsearchLogStore implements LogStore {
  readonly kind = 'elasticsearch';

  /** `index`: a name, an alias or a pattern. */
  constructor(
    private readonly client: QueryClient,
    private readonly index: string,
  ) {}

  async search(query: LogQuery, limit: number, signal: AbortSignal): Promise<LogLine[]> {
    const shown: LogLine[] = [];
    const looked = new Set<string>();
    let { until } = query;
    for (let round = 0, size = limit; round < MOST_ROUNDS; round += 1, size = Math.max(limit, ROUND)) {
      const hits = await this.ask({ ...query, until }, size, signal);
      for (const { _index, _id, _source } of hits) {
        if (looked.has(`${_index}/${_id}`)) continue;
        looked.add(`${_index}/${_id}`);
        const line = lineOf(_source, query);
        if (line) shown.push(line);
      }
      if (shown.length >= limit || hits.length < size) return shown.slice(0, limit);
      until = next(hits, size);
      if (until < query.since) return shown;
    }
    throw tooWide();
  }

  private async ask(query: LogQuery, size: number, signal: AbortSignal): Promise<Hit[]> {
    const body = { size, sort: [{ time: { order: 'desc', unmapped_type: 'date' } }], query: { bool: { filter: filtersOf(query) } } };
    // Part of an answer looks like all of it: lines that a shard could not give would not be missed.
    const path = `/${encodeURIComponent(this.index)}/_search?ignore_unavailable=true&allow_partial_search_results=false`;
    return (await this.client.post(path, body, answer, signal))?.hits.hits ?? [];
  }
}

/** Null for what the store found and nobody asked for: its mapping made something else of the question. */
function lineOf(source: Record<string, unknown>, query: LogQuery): LogLine | null {
  const line = toLogLine(withPod(source));
  if (!line || !fits(line, query)) return null;
  const text = JSON.stringify(source).toLowerCase();
  return query.terms.every((term) => text.includes(JSON.stringify(term).slice(1, -1).toLowerCase())) ? line : null;
}

/**
 * Where the next round begins: with the last millisecond again, which may have more lines. So many in one millisecond that they are a whole round come
 * of a loop: the rest of them is left out, so that the search goes on.
 */
function next(hits: Hit[], size: number): Date {
  const [first, last] = [hits[0], hits.at(-1)].map((one) => Date.parse(String(one?._source['time'])));
  return new Date(first === last && size >= ROUND ? last! - 1 : last!);
}

function filtersOf(query: LogQuery): object[] {
  const exact = { service: query.service, hostname: query.host, trace_id: query.traceId, migrationId: query.migrationId, workspaceId: query.workspaceId };
  return [
    { range: { time: { gte: query.since.toISOString(), lte: query.until.toISOString() } } },
    ...(query.level === undefined ? [] : [oneOf('level', levelsFrom(query.level))]),
    ...Object.entries(exact).flatMap(([field, value]) => (value === undefined ? [] : [oneOf(field, [value])])),
    ...query.terms.map(has),
  ];
}

/**
 * In the fields that the index names for it (`index.query.default_field`), without such a setting in all. A term of signs alone is no word: every
 * line may have it. Whole words are asked for apart, since the list of those that begin so may be cut.
 */
function has(term: string): object {
  const asked = { query: term, lenient: true, zero_terms_query: 'all' };
  const ways = [{ type: 'phrase' }, { type: 'phrase_prefix', max_expansions: MOST_ENDINGS }];
  return { bool: { should: ways.map((way) => ({ multi_match: { ...asked, ...way } })), minimum_should_match: 1 } };
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
