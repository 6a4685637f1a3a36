import { SmartantError } from '@smartant/kernel';
import { doneFact } from '../audit/facts';
import { requireMigration } from '../migrations/require-migration';
import { pageSizeOf } from '../paging';
import type { LogLine, LogQuery, LogStore } from '../ports/log-store';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, PageRequest } from '../use-cases';
import { LEVELLED_SERVICES, type LogLevelSetting, type LogLevelStore } from './log-levels';
import { pageOfLines, placeOf } from './log-paging';
import { termsOf } from './log-terms';
import type { LogFilter, LogPage, LogUseCases } from './log-use-cases';

export interface LogServiceOptions {
  unitOfWork: UnitOfWork;
  store: LogStore;
  levels: LogLevelStore;
}

const DAY_MS = 24 * 3_600_000;
const MIGRATION_MARGIN_MS = 60_000;

/** Searches logs, and changes what is logged while services run. */
export class LogService implements LogUseCases {
  constructor(private readonly options: LogServiceOptions) {}

  async ofMigration(caller: Caller, migrationId: string, filter: LogFilter, page: PageRequest, signal: AbortSignal): Promise<LogPage> {
    const { createdAt } = await requireMigration(this.options.unitOfWork.reads, caller.workspaceId, migrationId);
    const since = new Date(Date.parse(createdAt) - MIGRATION_MARGIN_MS);
    const found = await this.search({ ...filter, migrationId }, since, page, signal);
    return shownTo(caller, found);
  }

  async ofWorkspace(
    caller: Caller,
    { migrationId, ...filter }: LogFilter & { migrationId?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<LogPage> {
    // The line names both, or it is not looked for: lines of a migration that say nothing of its workspace are found by the migration's route.
    const query = { ...filter, workspaceId: caller.workspaceId, ...(migrationId !== undefined && { migrationId }) };
    return shownTo(caller, await this.search(query, new Date(Date.now() - DAY_MS), page, signal));
  }

  ofPlatform(
    _caller: Caller,
    filter: LogFilter & { migrationId?: string; workspaceId?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<LogPage> {
    return this.search(filter, new Date(Date.now() - DAY_MS), page, signal);
  }

  levels(): Promise<LogLevelSetting[]> {
    return this.options.levels.list();
  }

  async setLevel(caller: Caller, wanted: Parameters<LogUseCases['setLevel']>[1]): Promise<LogLevelSetting> {
    const { service, module, level, forSeconds } = wanted;
    assertLevelled(service);
    const { levels } = this.options;
    await this.record(caller, service, { module, level, forSeconds });
    const setting = await levels.set({ service, module, level, setBy: caller.userId }, forSeconds);
    await levels.announce();
    return setting;
  }

  async resetLevels(caller: Caller, service: string): Promise<void> {
    assertLevelled(service);
    await this.record(caller, service, null);
    await this.options.levels.reset(service);
    await this.options.levels.announce();
  }

  /** Before it is done: what debug lines tell more than others is to be on the record. */
  private record(caller: Caller, service: string, after: Record<string, unknown> | null): Promise<void> {
    const target = { kind: 'service', id: service, name: null };
    const action = after === null ? 'log-level.reset' : 'log-level.set';
    return this.options.unitOfWork.direct.audit.append(caller, doneFact(action, null, target, { after }));
  }

  private async search(
    filter: LogFilter & { migrationId?: string; workspaceId?: string },
    earliest: Date,
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<LogPage> {
    const { store } = this.options;
    if (store.kind === 'none') throw notKept();
    const size = pageSizeOf(page);
    const place = placeOf(page.pageToken);
    const { q, since, until, ...exact } = filter;
    const query: LogQuery = {
      ...exact,
      terms: termsOf(q ?? ''),
      since: since === undefined ? earliest : new Date(since),
      until: place ? new Date(place.at) : until === undefined ? new Date(Date.now() + DAY_MS) : new Date(until),
    };
    const lines = await store.search(query, size + (place?.seen.length ?? 0) + 1, signal);
    return { ...pageOfLines(lines, size, place), store: store.kind };
  }
}

function shownTo({ role }: Caller, found: LogPage): LogPage {
  return role === 'admin' ? found : { ...found, items: found.items.map(withoutStacks) };
}

/** Where in our programs an error was raised is for those who run them. */
function withoutStacks(line: LogLine): LogLine {
  return { ...line, fields: withoutStack(line.fields) as LogLine['fields'] };
}

function withoutStack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutStack);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'stack');
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutStack(field)]));
}

function assertLevelled(service: string): void {
  if ((LEVELLED_SERVICES as readonly string[]).includes(service)) return;
  throw new SmartantError('LOG_SERVICE_UNKNOWN', `There is no service "${service}" whose log level can be set.`, {
    kind: 'not-found',
    hint: `Known are: ${LEVELLED_SERVICES.join(', ')}.`,
  });
}

function notKept(): SmartantError {
  return new SmartantError('LOG_SEARCH_NOT_CONFIGURED', 'This installation keeps no logs that it could search.', {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Set SMARTANT_LOG_SEARCH to files (with SMARTANT_LOGS_DIR), elasticsearch or loki (with SMARTANT_LOG_SEARCH_URL).',
  });
}
