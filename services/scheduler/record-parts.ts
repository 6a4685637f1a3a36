import type { EventBus } from '@smartant/platform/events';
import type { Database } from '@smartant/platform/postgres';
import { LogLevelDesk } from './adapters/logs/log-level-desk';
import { NO_LOGS, NO_TRACES } from './adapters/records/open-stores';
import { LogService } from './application/logs/log-service';
import type { LogStore } from './application/ports/log-store';
import type { Migrators } from './application/ports/migrator';
import type { TraceStore } from './application/ports/trace-store';
import type { UnitOfWork } from './application/ports/unit-of-work';
import { TraceService } from './application/traces/trace-service';

/** Where logs and traces are looked into, and where people look at a trace with more than this platform has. */
export interface RecordOptions {
  logs: LogStore;
  traces: TraceStore;
  traceViewer?: string;
}

interface Surroundings {
  database: Database;
  bus: EventBus;
  unitOfWork: UnitOfWork;
  migrators: Migrators;
}

/** Logs and traces, as users look into them. */
export function openRecords({ records }: { records?: RecordOptions }, { database, bus, unitOfWork, migrators }: Surroundings) {
  const levels = new LogLevelDesk({ query: (sql, params) => database.query(sql, params) }, bus);
  return {
    levels,
    logs: new LogService({ unitOfWork, store: records?.logs ?? NO_LOGS, levels }),
    traces: new TraceService({ unitOfWork, migrators, store: records?.traces ?? NO_TRACES, viewer: records?.traceViewer }),
  };
}
