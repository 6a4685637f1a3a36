import type { TraceSpan } from '../ports/trace-store';

const WORKSPACE = 'smartant.workspace';

/**
 * The spans of a trace that a workspace may see: those that name it, what is below them until another workspace is named, and what leads to
 * them. Whoever calls the API chooses the id of a trace, so several workspaces may have put spans into one.
 */
export function visibleSpans(spans: TraceSpan[], workspaceId: string): TraceSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const seen = new Set<TraceSpan>();
  const own = spans.filter((span) => ownerOf(span, byId) === workspaceId);
  for (const span of own) {
    for (let next: TraceSpan | undefined = span; next && !seen.has(next); next = parentOf(next, byId)) {
      const owner = next.attributes[WORKSPACE];
      if (owner !== undefined && owner !== workspaceId) break;
      seen.add(next);
    }
  }
  return spans.filter((span) => seen.has(span));
}

/** The workspace that it or the nearest span above it names. */
function ownerOf(span: TraceSpan, byId: Map<string, TraceSpan>): string | undefined {
  const passed = new Set<TraceSpan>();
  for (let next: TraceSpan | undefined = span; next && !passed.has(next); next = parentOf(next, byId)) {
    passed.add(next);
    const owner = next.attributes[WORKSPACE];
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function parentOf({ parentSpanId }: TraceSpan, byId: Map<string, TraceSpan>): TraceSpan | undefined {
  return parentSpanId === null ? undefined : byId.get(parentSpanId);
}
