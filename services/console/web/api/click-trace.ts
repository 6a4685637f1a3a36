import type { Middleware } from 'openapi-fetch';

/** What is asked later than this after a click was not asked because of it. */
const CLICK_LASTS_MS = 5_000;

interface RootSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** From the click on, by `performance.now()`. */
  readonly startedMs: number;
}

export interface ReportedSpan {
  traceId: string;
  spanId: string;
  name: string;
  startedAgoMs: number;
  durationMs: number;
  failed: boolean;
}

/**
 * Each request that changes something is a trace of its own, from the user's click on: the request carries its ids as `traceparent`
 * (https://www.w3.org/TR/trace-context/), and the root is told to the platform after the answer, since a browser reaches no collector.
 * What is only read is traced by the platform alone.
 */
export class ClickTrace {
  private clickedMs = Number.NEGATIVE_INFINITY;
  private readonly roots = new WeakMap<object, RootSpan>();

  /** `report` is not waited for, and may fail. */
  constructor(
    private readonly report: (span: ReportedSpan) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Call it at each click, and at each key that may act as one. */
  readonly clicked = (): void => {
    this.clickedMs = this.nowMs();
  };

  readonly middleware: Middleware = {
    onRequest: ({ request, options }) => {
      if (request.method === 'GET' || request.method === 'HEAD') return undefined;
      const root = this.begin();
      this.roots.set(options, root);
      request.headers.set('traceparent', `00-${root.traceId}-${root.spanId}-01`);
      return request;
    },
    onResponse: ({ request, options, schemaPath, response }) => this.end(options, `${request.method} ${schemaPath}`, !response.ok),
    onError: ({ request, options, schemaPath }) => this.end(options, `${request.method} ${schemaPath}`, true),
  };

  private begin(): RootSpan {
    const nowMs = this.nowMs();
    const startedMs = nowMs - this.clickedMs < CLICK_LASTS_MS ? this.clickedMs : nowMs;
    return { traceId: randomHex(16), spanId: randomHex(8), startedMs };
  }

  private end(request: object, name: string, failed: boolean): undefined {
    const root = this.roots.get(request);
    if (!root) return;
    this.roots.delete(request);
    const durationMs = Math.round(this.nowMs() - root.startedMs);
    const { traceId, spanId } = root;
    this.report({ traceId, spanId, name, startedAgoMs: durationMs, durationMs, failed });
  }
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
