import { Agent, buildConnector, fetch as undiciFetch, type RequestInit as UndiciRequestInit } from 'undici';
import type { EgressGuard } from './egress-guard';

/** The largest answer that is read to its end is up to the caller; the longest wait for a connection is not. */
const CONNECT_TIMEOUT_MS = 10_000;

/** `fetch` whose connections are judged when they are made, also after a redirect: names in their lookup, literal addresses before it. */
export function guardedFetch(guard: EgressGuard): typeof fetch {
  const connect = buildConnector({ lookup: guard.lookup, timeout: CONNECT_TIMEOUT_MS } as buildConnector.BuildOptions);
  const dispatcher = new Agent({
    connect: (options, callback) => {
      try {
        guard.assertLiteralAllowed(options.hostname);
      } catch (error) {
        return callback(error as Error, null);
      }
      connect(options, callback);
    },
  });
  return ((input: string | URL, init?: UndiciRequestInit) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
}
