import { z } from 'zod';
import type { LogLine, LogQuery, LogStore } from '../../application/ports/log-store';
import type { QueryClient } from '../query-client/query-client';
import { MOST_ROUNDS, ROUND, tooWide } from './looking-rounds';
import { fits, levelsFrom, parseLine } from './parse-line';

const answer = z.object({
  data: z.object({
    result: z.array(z.object({ stream: z.record(z.string(), z.string()).optional(), values: z.array(z.tuple([z.string().regex(/^\d{1,19}$/), z.string()], z.unknown())) })),
  }),
});

/** A range that Loki takes by default (`max_query_length`, 721 h): a migration may be older. */
const LONGEST_NS = 720n * 3_600n * 1_000_000_000n;
/** About ten years: however early a question begins, it is not asked in thousands of pieces. */
const MOST_RANGES = 120n;

/** Of Loki: nanoseconds since the epoch, the text, and the labels of its stream. */
interface Entry {
  at: bigint;
  line: string;
  stream: Record<string, string>;
}

/**
 * Asks Loki for lines that were shipped as they are, and whose time in Loki is their own:
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
 *
 * Its streams may hold lines of others (sidecars, databases): they are left out, and older ones looked at for them. Raises LOG_SEARCH_TOO_WIDE.
 */
export class LokiLogStore implements LogStore {
  readonly kind = 'loki';

  /** `selector`: of our streams, for example `{namespace="smartant"}`. */
  constructor(
    private readonly client: QueryClient,
    private readonly selector: string,
  ) {}

  async search(query: LogQuery, limit: number, signal: AbortSignal): Promise<LogLine[]> {
    const found = new Map<string, LogLine>();
    // Ends are exclusive.
    let end = nanoseconds(new Date(query.until.getTime() + 1));
    const [asked, earliest] = [nanoseconds(query.since), end - MOST_RANGES * LONGEST_NS];
    const since = asked > earliest ? asked : earliest;
    for (let round = 0, size = limit; round < MOST_ROUNDS && found.size < limit; ) {
      const start = end - since > LONGEST_NS ? end - LONGEST_NS : since;
      const entries = await this.ask(query, { start, end }, size, signal);
      for (const { at, line, stream } of entries) {
        const ours = withPod(parseLine(line), stream['pod']);
        if (ours && fits(ours, query)) found.set(`${at} ${JSON.stringify(stream)} ${line}`, ours);
      }
      if (entries.length < size) {
        if (start === since) return newestOf(found, limit);
        end = start;
        continue;
      }
      end = endOfNext(entries, size);
      if (end <= since) return newestOf(found, limit);
      size = Math.max(limit, ROUND);
      round += 1;
    }
    if (found.size < limit) throw tooWide();
    return newestOf(found, limit);
  }

  /** The newest first. */
  private async ask(query: LogQuery, range: { start: bigint; end: bigint }, size: number, signal: AbortSignal): Promise<Entry[]> {
    const asked = {
      query: `${this.selector}${stages(query)}`,
      start: `${range.start}`,
      end: `${range.end}`,
      limit: String(size),
      direction: 'backward',
    };
    const found = await this.client.get('/loki/api/v1/query_range', asked, answer, signal);
    const entries = (found?.data.result ?? []).flatMap(({ stream = {}, values }) =>
      values.map(([at, line]) => ({ at: BigInt(at), line, stream })),
    );
    return entries.sort((one, other) => (one.at === other.at ? 0 : one.at < other.at ? 1 : -1));
  }
}

/** With the last moment again, which may have more entries; without it, where a whole round is of that moment. */
function endOfNext(entries: Entry[], size: number): bigint {
  const [first, last] = [entries[0]!.at, entries.at(-1)!.at];
  return first === last && size >= ROUND ? last : last + 1n;
}

function newestOf(found: Map<string, LogLine>, limit: number): LogLine[] {
  return [...found.values()].sort((one, other) => other.at.localeCompare(one.at)).slice(0, limit);
}

/** Filters on the text first, as Loki does them fastest; then those on fields. */
function stages(query: LogQuery): string {
  const ids = [query.migrationId, query.traceId].filter((id) => id !== undefined);
  const fields = { service: query.service, hostname: query.host, trace_id: query.traceId, migrationId: query.migrationId, workspaceId: query.workspaceId };
  return [
    ...ids.map((id) => ` |= ${quoted(id)}`),
    ...query.terms.map((term) => ` |~ ${quoted(`(?i)${escaped(JSON.stringify(term).slice(1, -1))}`)}`),
    // Lines that are no JSON would stay in, with the error as a label.
    ' | json | __error__ = ""',
    ...Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [` | ${field} = ${quoted(value)}`])),
    ...(query.level === undefined ? [] : [` | level =~ ${quoted(levelsFrom(query.level).join('|'))}`]),
  ].join('');
}

/** As a string of Go, which LogQL's are: JSON's escapes are a part of Go's. */
const quoted = (text: string): string => JSON.stringify(text);
/** For RE2. */
const escaped = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
const nanoseconds = (time: Date): bigint => BigInt(time.getTime()) * 1_000_000n;

function withPod(line: LogLine | null, pod: string | undefined): LogLine | null {
  return line && line.host === '' && pod !== undefined ? { ...line, host: pod } : line;
}
