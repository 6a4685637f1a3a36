import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Observable } from 'rxjs';

type AuthContext = ReturnType<ServerUnaryCall<unknown, unknown>['getAuthContext']>;

/** What these functions need of a server's call, unary or streaming. */
export interface IncomingCall {
  readonly cancelled: boolean;
  getAuthContext(): AuthContext;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** The common name of the caller's certificate; undefined without mutual TLS. */
export function callerOf(call: Pick<IncomingCall, 'getAuthContext'>): string | undefined {
  const name = call.getAuthContext()?.sslPeerCertificate?.subject?.CN as string | string[] | undefined;
  return Array.isArray(name) ? undefined : name;
}

/** Aborts when the caller cancels, its deadline passes or its connection breaks. Only for the work of this one call. */
export function signalOf(call: Pick<IncomingCall, 'cancelled' | 'once'>): AbortSignal {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  return controller.signal;
}

/**
 * A server stream from an async iterable, for a Nest handler to return. The iterable gets a signal that fires when the caller goes away,
 * and must end soon after it.
 */
export function streamOf<T>(
  call: Pick<IncomingCall, 'cancelled' | 'once'>,
  open: (signal: AbortSignal) => AsyncIterable<T>,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    const signal = signalOf(call);
    void (async () => {
      try {
        for await (const item of open(signal)) {
          if (subscriber.closed) return;
          subscriber.next(item);
        }
        subscriber.complete();
      } catch (error) {
        if (!subscriber.closed) subscriber.error(error);
      }
    })();
  });
}
