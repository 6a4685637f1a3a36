import { once } from 'node:events';
import type { OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SmartantError } from '@smartant/kernel';
import { toProblem } from '../problem/to-problem';
import { traceIdOf } from '../request/request-state';

const KEEP_ALIVE_MS = 15_000;
/** A stream costs a socket and a subscription; this many leave room for other requests. */
const MOST_STREAMS = 1_000;

export interface StreamedEvent {
  name: string;
  /** Lets a client tell a repeated event. */
  id?: string;
  data: unknown;
}

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStreams implements OnModuleDestroy {
  private readonly open = new Set<AbortController>();

  constructor(private readonly keepAliveMs = KEEP_ALIVE_MS) {}

  /** How many clients are listening. */
  get size(): number {
    return this.open.size;
  }

  /**
   * Sends what `source` yields until it ends, the client leaves or the service stops; the signal tells the source about the latter two.
   * What the source throws before its first event is thrown here, so that it becomes a usual problem; later it is sent as an `error` event.
   */
  async send(request: Request, response: Response, source: (signal: AbortSignal) => AsyncIterable<StreamedEvent>): Promise<void> {
    if (this.open.size >= MOST_STREAMS) throw tooManyStreams();
    const controller = new AbortController();
    this.open.add(controller);
    const leave = () => controller.abort();
    response.once('close', leave);
    const iterator = source(controller.signal)[Symbol.asyncIterator]();
    try {
      const first = await iterator.next();
      if (controller.signal.aborted) throw serviceStopping();
      begin(response);
      const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), this.keepAliveMs);
      try {
        await pump(response, iterator, first, controller.signal);
      } catch (error) {
        if (!controller.signal.aborted) response.write(frame({ name: 'error', data: toProblem(error, traceIdOf(request)) }));
      } finally {
        clearInterval(keepAlive);
        response.end();
      }
    } finally {
      this.open.delete(controller);
      response.off('close', leave);
      controller.abort();
      // Not awaited: a source that is stuck in a call must not hold the request.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  /** Streams would keep the server from closing. */
  onModuleDestroy(): void {
    for (const controller of this.open) controller.abort();
  }
}

function begin(response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Proxies such as nginx would hold events back until their buffer is full.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
}

async function pump(
  response: Response,
  iterator: AsyncIterator<StreamedEvent>,
  first: IteratorResult<StreamedEvent>,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<'aborted'>((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }));
  for (let result: IteratorResult<StreamedEvent> | 'aborted' = first; result !== 'aborted' && !result.done;) {
    if (signal.aborted) return;
    // A slow client holds up its own source and nothing else.
    if (!response.write(frame(result.value))) await once(response, 'drain', { signal });
    result = await Promise.race([iterator.next(), aborted]);
  }
}

function frame({ name, id, data }: StreamedEvent): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function tooManyStreams(): SmartantError {
  return new SmartantError('TOO_MANY_WATCHERS', 'Too many clients are watching.', {
    kind: 'too-many',
    retry: { kind: 'after', delayMs: 10_000 },
    hint: 'Try again later, or read the migration from time to time.',
  });
}

/** Also "thrown" at clients that left before the first event; nobody reads it then. */
function serviceStopping(): SmartantError {
  return new SmartantError('SERVICE_STOPPING', 'The service is stopping.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'Connect again in a few seconds.',
  });
}
