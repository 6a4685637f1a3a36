import type { ServerUnaryCall } from '@grpc/grpc-js';
import { SmartantError } from '@smartant/kernel';
import { Observable } from 'rxjs';

type AuthContext = ReturnType<ServerUnaryCall<unknown, unknown>['getAuthContext']>;

/** What these functions need of a server's call, unary or streaming. */
export interface IncomingCall {
  readonly cancelled: boolean;
  getAuthContext(): AuthContext;
  /** Address and port of the other end. */
  getPeer(): string;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** The common name of the caller's certificate; undefined without mutual TLS. */
export function callerOf(call: Pick<IncomingCall, 'getAuthContext'>): string | undefined {
  const name = call.getAuthContext()?.sslPeerCertificate?.subject?.CN as string | string[] | undefined;
  return Array.isArray(name) ? undefined : name;
}

/** Aborts when the caller cancels, its deadline passes or its connection breaks. Only for the work of this one call. */
export function signalOf(call: Pick<IncomingCall, 'cancelled' | 'once'> | StreamingCall): AbortSignal {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  return controller.signal;
}

/** What `streamOf` needs of a streaming call: a Node stream, with its backpressure. */
export interface StreamingCall extends Pick<IncomingCall, 'cancelled'> {
  readonly writableNeedDrain?: boolean;
  once(event: 'cancelled' | 'drain', listener: () => void): unknown;
}

/** How long a reader may take nothing before its stream ends. */
const STALLED_MS = 30_000;

/**
 * A server stream from an async iterable, for a Nest handler to return. The iterable gets a signal that fires when the caller goes away,
 * and must end soon after it. A slow reader holds up the iterable (Nest itself would buffer without end), and a reader that takes nothing
 * for half a minute ends with RPC_STREAM_STALLED.
 */
export function streamOf<T>(
  call: StreamingCall,
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { stalledMs = STALLED_MS }: { stalledMs?: number } = {},
): Observable<T> {
  return new Observable<T>((subscriber) => {
    const signal = signalOf(call);
    void (async () => {
      try {
        for await (const item of open(signal)) {
          if (subscriber.closed) return;
          subscriber.next(item);
          if (call.writableNeedDrain) await drained(call, signal, stalledMs);
        }
        subscriber.complete();
      } catch (error) {
        if (!subscriber.closed) subscriber.error(error);
      }
    })();
  });
}

function drained(call: StreamingCall, signal: AbortSignal, stalledMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(streamStalled(stalledMs)), stalledMs);
    const goOn = () => {
      clearTimeout(timer);
      resolve();
    };
    call.once('drain', goOn);
    signal.addEventListener('abort', goOn, { once: true });
  });
}

function streamStalled(stalledMs: number): SmartantError {
  return new SmartantError('RPC_STREAM_STALLED', `The reader of the stream took nothing for ${stalledMs / 1_000} s.`, {
    kind: 'unavailable',
    actor: 'user',
    retry: { kind: 'backoff' },
    hint: 'Open the stream again: it begins with the present state.',
  });
}
