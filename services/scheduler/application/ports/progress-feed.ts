/** The last rates that a run's migrator told. */
export interface RunRates {
  bytesPerSecond: number;
  objectsPerSecond: number;
}

/** Live hints between replicas. All of it may be lost; the database is the truth. */
export interface ProgressFeed {
  /** Rates told within the last seconds; null when none. */
  rates(runId: string): RunRates | null;
  /** Resolves when something was told about the migration, or after `timeoutMs`, or when the signal aborts. */
  next(migrationId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Tells every replica that a migration was changed, to which version; without one: look again. */
  announce(migrationId: string, version?: number): void;
}
