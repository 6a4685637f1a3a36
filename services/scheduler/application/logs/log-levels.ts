import type { LogLevel } from '../ports/log-store';

/** A level that was set for a while. */
export interface LogLevelSetting {
  service: string;
  /** Null: the whole service. */
  module: string | null;
  level: LogLevel;
  /** RFC 3339: from then on what is configured holds again. */
  until: string;
  setBy: string;
}

/** Services whose levels can be set: those on the event bus. */
export const LEVELLED_SERVICES = ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier'] as const;

/** Where they are kept, and how they reach all processes. */
export interface LogLevelStore {
  /** Those that have not run out. */
  list(): Promise<LogLevelSetting[]>;
  /** Replaces one for the same service and module. `forSeconds` counts on the store's clock. */
  set(setting: Omit<LogLevelSetting, 'until'>, forSeconds: number): Promise<LogLevelSetting>;
  /** Ends those of a service. */
  reset(service: string): Promise<void>;
  /** Tells every process at once, as far as it hears; what is lost is told again soon. */
  announce(): Promise<void>;
}
