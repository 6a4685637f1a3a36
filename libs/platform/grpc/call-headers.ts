import type { Metadata } from '@grpc/grpc-js';
import { currentLogContext, type LogContext } from '@smartant/platform/logging';

/** How the log context travels with a call, so that the lines of both services can be found by the same ids. */
const HEADERS: Record<keyof LogContext, string> = {
  workspaceId: 'smartant-workspace-id',
  migrationId: 'smartant-migration-id',
  runId: 'smartant-run-id',
  shardId: 'smartant-shard-id',
  requestId: 'x-request-id',
};

const SAFE_VALUE = /^[\w.:-]{1,128}$/;

export function writeLogContext(metadata: Metadata, context: LogContext = currentLogContext()): void {
  for (const [field, header] of Object.entries(HEADERS)) {
    const value = context[field as keyof LogContext];
    if (value !== undefined && SAFE_VALUE.test(value)) metadata.set(header, value);
  }
}

export function readLogContext(metadata: Metadata): LogContext {
  const pairs = Object.entries(HEADERS).map(([field, header]) => [field, metadata.get(header)[0]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => typeof value === 'string' && SAFE_VALUE.test(value)));
}
