import { z } from 'zod';
import type { LogLine, LogQuery, LogStore } from '../../application/ports/log-store';
import type { QueryClient } from '../query-client/query-client';
import { fits, levelsFrom, parseLine } from './parse-line';

const answer = z.object({
  data: z.object({
    result: z.array(z.object({ stream: z.record(z.string(), z.string()).optional(), values: z.array(z.tuple([z.string(), z.string()])) })),
  }),
});

/** Asks Loki for lines that were shipped as they are: https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time */
export class LokiLogStore implements LogStore {
  readonly kind = 'loki';

  /** `selector`: of our streams, for example `{namespace="smartant"}`. */
  constructor(
    private readonly client: QueryClient,
    private readonly selector: string,
  ) {}

  async search(query: LogQuery, limit: number, signal: AbortSignal): Promise<LogLine[]> {
    const found = await this.client.get(
      '/loki/api/v1/query_range',
      {
        query: `${this.selector}${stages(query)}`,
        start: nanoseconds(query.since),
        // Its end is exclusive.
        end: nanoseconds(new Date(query.until.getTime() + 1)),
        limit: String(limit),
        direction: 'backward',
      },
      answer,
      signal,
    );
    if (found === null) return [];
    const lines = found.data.result.flatMap(({ stream, values }) => values.map(([, line]) => withPod(parseLine(line), stream?.['pod'])));
    return lines
      .filter((line) => line !== null)
      .filter((line) => fits(line, query))
      .sort((one, other) => other.at.localeCompare(one.at))
      .slice(0, limit);
  }
}

/** Filters on the text first, as Loki does them fastest; then those on fields. */
function stages(query: LogQuery): string {
  const ids = [query.migrationId, query.traceId].filter((id) => id !== undefined);
  const fields = { service: query.service, hostname: query.host, trace_id: query.traceId, migrationId: query.migrationId, workspaceId: query.workspaceId };
  return [
    ...ids.map((id) => ` |= ${quoted(id)}`),
    ...query.terms.map((term) => ` |~ ${quoted(`(?i)${escaped(JSON.stringify(term).slice(1, -1))}`)}`),
    ' | json',
    ...Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [` | ${field} = ${quoted(value)}`])),
    ...(query.level === undefined ? [] : [` | level =~ ${quoted(levelsFrom(query.level).join('|'))}`]),
  ].join('');
}

/** As a string of Go, which LogQL's are: JSON's escapes are a part of Go's. */
const quoted = (text: string): string => JSON.stringify(text);
/** For RE2. */
const escaped = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
const nanoseconds = (time: Date): string => `${BigInt(time.getTime()) * 1_000_000n}`;

function withPod(line: LogLine | null, pod: string | undefined): LogLine | null {
  return line && line.host === '' && pod !== undefined ? { ...line, host: pod } : line;
}
