import type { TraceSpan } from './queries';

export interface SpanRow {
  span: TraceSpan;
  /** 0 for a root. */
  depth: number;
  /** Spans below it, at any depth. */
  below: number;
  /** A span below it failed. */
  failsBelow: boolean;
  /** Where its bar begins and how long it is, of the whole of what is shown: 0 to 1. */
  start: number;
  length: number;
}

/** From the beginning of the first span to the end of the last. */
export function extentOf(spans: readonly TraceSpan[]): { firstMs: number; lengthMs: number } {
  const firstMs = Math.min(...spans.map(({ startedAt }) => Date.parse(startedAt)));
  const lastMs = Math.max(...spans.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs));
  return { firstMs, lengthMs: lastMs - firstMs };
}

/** So that something that took no time is seen at all. */
const SHORTEST = 0.004;

/**
 * Spans as a tree, written line by line: each under its parent, in the order of their beginnings. One whose parent is not among them (it is of
 * another workspace, or was left out) is a root.
 */
export function spanRows(spans: readonly TraceSpan[]): SpanRow[] {
  const { firstMs, lengthMs } = extentOf(spans);
  const spanMs = Math.max(1, lengthMs);
  const known = new Set(spans.map(({ spanId }) => spanId));
  const childrenOf = Map.groupBy([...spans].sort(byBeginning), ({ parentSpanId, spanId }) =>
    parentSpanId !== null && parentSpanId !== spanId && known.has(parentSpanId) ? parentSpanId : null,
  );
  const rows: SpanRow[] = [];
  const seen = new Set<string>();
  /** Whether one of them failed. */
  const write = (parent: string | null, depth: number): boolean => {
    let failed = false;
    for (const span of childrenOf.get(parent) ?? []) {
      // Spans that name each other as parents make no tree.
      if (seen.has(span.spanId)) continue;
      seen.add(span.spanId);
      const start = (Date.parse(span.startedAt) - firstMs) / spanMs;
      const row = {
        span,
        depth,
        below: 0,
        failsBelow: false,
        start: Math.min(start, 1 - SHORTEST),
        length: Math.max(span.durationMs / spanMs, SHORTEST),
      };
      const at = rows.push(row);
      row.failsBelow = write(span.spanId, depth + 1);
      row.below = rows.length - at;
      failed ||= row.failsBelow || span.failed;
    }
    return failed;
  };
  write(null, 0);
  return rows;
}

/** So many are looked over at once; of more, what is deep down and went well is folded away at first. */
const SHOWN_WHOLE = 40;
const SHOWN_DEPTH = 2;

/** Ids of spans whose children are folded away at first: what failed is always in sight. */
export function foldedAtFirst(rows: readonly SpanRow[]): Set<string> {
  if (rows.length <= SHOWN_WHOLE) return new Set();
  const folded = rows.filter(({ depth, below, failsBelow }) => below > 0 && depth >= SHOWN_DEPTH && !failsBelow);
  return new Set(folded.map(({ span }) => span.spanId));
}

/** Rows that are not below a folded one. */
export function unfolded(rows: readonly SpanRow[], folded: ReadonlySet<string>): SpanRow[] {
  const shown: SpanRow[] = [];
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    shown.push(row);
    if (folded.has(row.span.spanId)) at += row.below;
  }
  return shown;
}

const byBeginning = (one: TraceSpan, other: TraceSpan) => Date.parse(one.startedAt) - Date.parse(other.startedAt);
