import { AsyncLocalStorage } from 'node:async_hooks';

/** What the work at hand belongs to. Each field given appears in every log line written inside. */
export interface LogContext {
  workspaceId?: string;
  migrationId?: string;
  runId?: string;
  shardId?: string;
  requestId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `fn` (also asynchronous) with the context added to the surrounding one. */
export function withLogContext<T>(context: LogContext, fn: () => T): T {
  return storage.run({ ...storage.getStore(), ...context }, fn);
}

/** The context of the caller; empty outside of `withLogContext`. */
export function currentLogContext(): LogContext {
  return storage.getStore() ?? {};
}
