import { linesOf, rotatedFiles } from '@smartant/platform/logging';
import type { FoundSpans, TraceSpan, TraceStore, UnitSearch } from '../../application/ports/trace-store';
import { spansOfLine } from './otlp-line';
import { isAbout, MIGRATION_ATTRIBUTE, spanName } from './unit-of-span';

/** Of one answer. A trace may have more: what is left out is said. */
const MOST_SPANS = 2_000;
/** How deep below a unit's own span others are looked for; each level is one more reading of the files. */
const LEVELS = 6;

/**
 * Traces in the span files that all services of one machine write into a folder. Files are read as streams, a line at a time, and only
 * lines that hold what is looked for are parsed.
 */
export class FileTraceStore implements TraceStore {
  readonly kind = 'files';

  constructor(private readonly folder: string) {}

  async findUnit(search: UnitSearch, signal: AbortSignal): Promise<FoundSpans> {
    const { migrationId, unit, since } = search;
    const found = new Collected();
    // Of many files a span names two: only their migration is in the line.
    const inLine = unit.kind === 'path' ? JSON.stringify(migrationId) : JSON.stringify(spanName(unit));
    const isOfUnit = ({ attributes }: TraceSpan) => attributes[MIGRATION_ATTRIBUTE] === migrationId && isAbout(attributes, unit);
    await this.scan([inLine], since, signal, (span) => isOfUnit(span) && found.add(span));
    await this.addDescendants(found, since, signal);
    return found.result();
  }

  async trace(traceId: string, signal: AbortSignal): Promise<FoundSpans> {
    const found = new Collected();
    await this.scan([traceId], new Date(0), signal, (span) => span.traceId === traceId && found.add(span));
    return found.result();
  }

  private async addDescendants(found: Collected, since: Date, signal: AbortSignal): Promise<void> {
    for (let level = 0; level < LEVELS && found.size > 0; level += 1) {
      const before = found.size;
      await this.scan(found.traceIds(), since, signal, (span) => found.has(span.traceId, span.parentSpanId) && found.add(span));
      if (found.size === before) return;
    }
  }

  /** Calls `see` for each span of lines that hold one of the texts. */
  private async scan(texts: string[], since: Date, signal: AbortSignal, see: (span: TraceSpan) => unknown): Promise<void> {
    for (const file of await rotatedFiles(this.folder, '.jsonl', since.getTime())) {
      for await (const line of linesOf(file)) {
        signal.throwIfAborted();
        if (texts.some((text) => line.includes(text))) for (const span of spansOfLine(line)) see(span);
      }
    }
  }
}

/** Spans by their ids, as many as an answer may have. */
class Collected {
  private readonly spans = new Map<string, TraceSpan>();
  private truncated = false;

  get size(): number {
    return this.spans.size;
  }

  add(span: TraceSpan): void {
    const id = `${span.traceId}/${span.spanId}`;
    if (this.spans.size >= MOST_SPANS && !this.spans.has(id)) this.truncated = true;
    else this.spans.set(id, span);
  }

  has(traceId: string, spanId: string | null): boolean {
    return spanId !== null && this.spans.has(`${traceId}/${spanId}`);
  }

  traceIds(): string[] {
    return [...new Set([...this.spans.values()].map(({ traceId }) => traceId))];
  }

  result(): FoundSpans {
    const spans = [...this.spans.values()].sort((one, other) => one.startedAt.localeCompare(other.startedAt));
    return { spans, truncated: this.truncated };
  }
}
