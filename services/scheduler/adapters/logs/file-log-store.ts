import { linesBackward, linesOf, rotatedFiles, type RotatedFile } from '@smartant/platform/logging';
import type { LogLine, LogQuery, LogStore } from '../../application/ports/log-store';
import { fits, parseLine } from './parse-line';

/** The clock of a file system and that of a process are not read at the same moment. */
const MARGIN_MS = 60_000;

/** At the end of the name of what the supervisor of `npm start` keeps of a process. */
const CONSOLE = '.console';

/**
 * Looks into the log files that all services of one machine write into a folder. Files that were rotated away before the time asked for are
 * not opened; the current ones are read from their end on; of each at most as many lines are held as an answer has.
 */
export class FileLogStore implements LogStore {
  readonly kind = 'files';

  constructor(private readonly folder: string) {}

  async search(query: LogQuery, limit: number, signal: AbortSignal): Promise<LogLine[]> {
    const files = await rotatedFiles(this.folder, '.log', query.since.getTime() - MARGIN_MS);
    const services = new Map<string, RotatedFile[]>();
    const written = new Set(files.map(({ service }) => service));
    for (const file of files) {
      // What `npm start` keeps of a service's standard output is the same once more, unless the service could not write its own file.
      if (file.service.endsWith(CONSOLE) && written.has(file.service.slice(0, -CONSOLE.length))) continue;
      if (query.service !== undefined && file.service !== query.service) continue;
      services.set(file.service, [...(services.get(file.service) ?? []), file]);
    }
    const heads: AsyncGenerator<LogLine>[] = [...services.values()].map((of) => newestFirst(of, query, limit, signal));
    return takeNewest(heads, limit);
  }
}

/** The files of one service, whose lines are in the order of time. */
async function* newestFirst(files: RotatedFile[], query: LogQuery, limit: number, signal: AbortSignal): AsyncGenerator<LogLine> {
  const matches = lineTest(query);
  for (const file of files) {
    const lines = file.compressed ? lastOf(linesOf(file), matches, limit, signal) : linesBackward(file.path);
    for await (const line of lines) {
      signal.throwIfAborted();
      const parsed = matches(line);
      if (parsed) yield parsed;
      // Older ones follow; lines of several writers are a little out of order.
      else if (!file.compressed && isBefore(line, query.since)) break;
    }
  }
}

/** Packed files can't be read from their end: the last ones that fit, the last one first. */
async function* lastOf(
  lines: AsyncIterable<string>,
  matches: (line: string) => LogLine | null,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let kept: string[] = [];
  for await (const line of lines) {
    signal.throwIfAborted();
    if (!matches(line)) continue;
    kept.push(line);
    if (kept.length >= 2 * limit) kept = kept.slice(-limit);
  }
  yield* kept.slice(-limit).reverse();
}

/** Words are looked for in the text as it stands, so that most lines need not be parsed. */
function lineTest(query: LogQuery): (line: string) => LogLine | null {
  const exact = [query.migrationId, query.traceId].filter((id) => id !== undefined);
  const words = query.terms.map((term) => JSON.stringify(term).slice(1, -1).toLowerCase());
  return (line) => {
    if (!exact.every((id) => line.includes(id))) return null;
    if (words.length > 0) {
      const lower = line.toLowerCase();
      if (!words.every((word) => lower.includes(word))) return null;
    }
    const parsed = parseLine(line);
    return parsed && fits(parsed, query) ? parsed : null;
  };
}

const TIME = /"time":"([^"]{20,30})"/;

function isBefore(line: string, since: Date): boolean {
  const at = Date.parse(TIME.exec(line.slice(0, 512))?.[1] ?? '');
  return at < since.getTime() - MARGIN_MS;
}

async function takeNewest(sources: AsyncGenerator<LogLine>[], limit: number): Promise<LogLine[]> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, line: await nextOf(source) })));
  const taken: LogLine[] = [];
  while (taken.length < limit) {
    const [newest] = heads.filter(({ line }) => line !== null).sort((one, other) => other.line!.at.localeCompare(one.line!.at));
    if (!newest) break;
    taken.push(newest.line!);
    newest.line = await nextOf(newest.source);
  }
  await Promise.all(heads.map(({ source }) => source.return(undefined)));
  return taken;
}

async function nextOf(source: AsyncGenerator<LogLine>): Promise<LogLine | null> {
  const { value, done } = await source.next();
  return done ? null : value;
}
