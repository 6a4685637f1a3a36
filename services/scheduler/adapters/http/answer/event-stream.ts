import type { OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SmartantError } from '@smartant/kernel';
import { counter } from '@smartant/platform/metrics';
import { toProblem } from '../problem/to-problem';
import { traceIdOf } from '../request/request-state';
import { frameOf, SharedSources, type StreamedEvent } from './shared-source';

export interface StreamLimits {
  keepAliveMs: number;
  /** How long a reader may take nothing before it is cut. */
  stalledMs: number;
}

/** Answers are remembered by whoever is asked; with them a withdrawal is noticed within five seconds. */
const CONFIRM_EVERY_MS = 1_000;
const WITHDRAWN = new Set(['unauthenticated', 'forbidden']);
const LIMITS: StreamLimits = { keepAliveMs: 15_000, stalledMs: 30_000 };
/** Tells clients how long to wait before they connect again, so that a cut is made good without anybody's help. */
const RECONNECT = 'retry: 2000\n\n';

const stalledReaders = counter('smartant_watch_stalled_total', 'Watch streams that were cut because their reader took nothing.');

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStreams implements OnModuleDestroy {
  private readonly open = new Map<AbortController, { request: Request; response: Response }>();
  private readonly sources = new SharedSources();
  private readonly limits: StreamLimits;
  private readonly rounds: NodeJS.Timeout;

  /** `confirm` raises for a request that would not be let in any more. */
  constructor(
    limits: Partial<StreamLimits> = {},
    private readonly confirm: (request: Request) => Promise<unknown> = async () => undefined,
  ) {
    this.limits = { ...LIMITS, ...limits };
    this.rounds = setInterval(() => this.endWithdrawn(), CONFIRM_EVERY_MS).unref();
  }

  /** How many clients are listening. */
  get size(): number {
    return this.open.size;
  }

  /**
   * Sends what the source with this key yields until it ends, the client leaves or the service stops. Clients of one key share the source.
   * What it throws before its first event is thrown here, so that it becomes a usual problem; later it is sent as an `error` event. At most
   * one event waits for a slow client, and a client that takes nothing for long is cut: its next connection begins with the present state.
   */
  async send(request: Request, response: Response, key: string, source: (signal: AbortSignal) => AsyncIterable<StreamedEvent>) {
    const controller = new AbortController();
    const { signal } = controller;
    this.open.set(controller, { request, response });
    const leave = () => controller.abort();
    response.once('close', leave);
    const frames = this.sources.read(key, source, signal);
    try {
      const first = await frames.next();
      if (signal.aborted) throw serviceStopping();
      begin(response);
      if (!first.done) await this.pump(request, response, first.value, frames, signal);
      response.end();
    } finally {
      this.open.delete(controller);
      response.off('close', leave);
      controller.abort();
      await frames.return(undefined);
    }
  }

  /** Streams would keep the server from closing. */
  onModuleDestroy(): void {
    clearInterval(this.rounds);
    for (const controller of this.open.keys()) controller.abort();
  }

  /** A stream outlives the moment at which it was let in. What can't be asked just now ends none. */
  private endWithdrawn(): void {
    for (const [controller, { request, response }] of this.open) {
      this.confirm(request).catch((error: unknown) => {
        if (!(error instanceof SmartantError) || !WITHDRAWN.has(error.kind) || controller.signal.aborted) return;
        if (response.headersSent) response.write(frameOf({ name: 'error', data: toProblem(error, traceIdOf(request)) }));
        controller.abort();
      });
    }
  }

  private async pump(request: Request, response: Response, first: string, rest: AsyncGenerator<string>, signal: AbortSignal) {
    const keepAlive = setInterval(() => {
      if (!response.writableNeedDrain) response.write(': keep-alive\n\n');
    }, this.limits.keepAliveMs);
    try {
      await this.write(response, RECONNECT + first, signal);
      for await (const frame of rest) await this.write(response, frame, signal);
    } catch (error) {
      if (!signal.aborted) response.write(frameOf({ name: 'error', data: toProblem(error, traceIdOf(request)) }));
    } finally {
      clearInterval(keepAlive);
    }
  }

  /** Resolves when the client has taken what was sent to it; cuts one that does not. */
  private write(response: Response, frame: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || response.write(frame)) return Promise.resolve();
    return new Promise((resolve) => {
      const stalled = setTimeout(() => {
        stalledReaders.inc();
        response.destroy();
      }, this.limits.stalledMs);
      const goOn = () => {
        clearTimeout(stalled);
        response.off('drain', goOn);
        signal.removeEventListener('abort', goOn);
        resolve();
      };
      response.once('drain', goOn);
      signal.addEventListener('abort', goOn, { once: true });
    });
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

/** Also "thrown" at clients that left before the first event; nobody reads it then. */
function serviceStopping(): SmartantError {
  return new SmartantError('SERVICE_STOPPING', 'The service is stopping.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'Connect again in a few seconds.',
  });
}
