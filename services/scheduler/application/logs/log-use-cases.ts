import type { LogLevel, LogLine, LogStore } from '../ports/log-store';
import type { Caller, Page, PageRequest } from '../use-cases';
import type { LogLevelSetting } from './log-levels';

export interface LogFilter {
  /** Words, and phrases in double quotes: each must stand in the line, in any case. */
  q?: string;
  service?: string;
  level?: LogLevel;
  host?: string;
  traceId?: string;
  /** RFC 3339. Absent: the beginning of the migration, or a day ago. */
  since?: string;
  until?: string;
}

export interface LogPage extends Page<LogLine> {
  store: LogStore['kind'];
}

export interface LogUseCases {
  /** Lines of one migration, newest first. */
  ofMigration(caller: Caller, migrationId: string, filter: LogFilter, page: PageRequest, signal: AbortSignal): Promise<LogPage>;
  /** Lines that name the caller's workspace, newest first. */
  ofWorkspace(
    caller: Caller,
    filter: LogFilter & { migrationId?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<LogPage>;
  /** Lines of all services, newest first. Administrators only. */
  ofPlatform(
    caller: Caller,
    filter: LogFilter & { migrationId?: string; workspaceId?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<LogPage>;
  /** Levels that were changed for a while. Administrators only. */
  levels(caller: Caller): Promise<LogLevelSetting[]>;
  /** Sets the level of a service (or one module of it) for some seconds, in all its processes. */
  setLevel(caller: Caller, wanted: { service: string; module: string | null; level: LogLevel; forSeconds: number }): Promise<LogLevelSetting>;
  /** Back to what is configured. */
  resetLevels(caller: Caller, service: string): Promise<void>;
}
