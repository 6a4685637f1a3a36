import type { Server } from 'node:http';

/** What one client can hold of an HTTP server, and for how long. */
export interface ServerLimits {
  /** Connections at the same time; more are closed at once. */
  connections: number;
  /** From the first byte of a request to the end of its headers. */
  headersMs: number;
  /** From the first byte of a request to the end of its body. */
  requestMs: number;
  /** A connection on which nothing moves, in either direction. Longer than the longest answer takes to begin (a precheck: 120 s). */
  silentMs: number;
  /** An idle connection between two requests. Longer than the 60 s of common gateways, so that theirs ends first and no request meets a closing one. */
  keepAliveMs: number;
  /** Requests of one connection; then it is closed, so that clients spread over replicas that came later. */
  requestsPerConnection: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  connections: 4_096,
  headersMs: 15_000,
  requestMs: 120_000,
  silentMs: 150_000,
  keepAliveMs: 65_000,
  requestsPerConnection: 10_000,
};

const MOST_CHECKED_EVERY_MS = 5_000;

/** Call it before the server listens: Node reads how often it looks for slow requests only then. */
export function limitServer(server: Server, limits: ServerLimits): void {
  const { connections, headersMs, requestMs, silentMs, keepAliveMs, requestsPerConnection } = limits;
  server.maxConnections = connections;
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  server.keepAliveTimeout = keepAliveMs;
  server.maxRequestsPerSocket = requestsPerConnection;
  server.setTimeout(silentMs);
  // 30 s by default, which would be added to each of the limits above. Not in the types, but documented as an option of createServer.
  Object.assign(server, { connectionsCheckingInterval: Math.min(MOST_CHECKED_EVERY_MS, headersMs) });
}
