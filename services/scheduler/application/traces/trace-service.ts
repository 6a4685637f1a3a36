import { SmartantError } from '@smartant/kernel';
import type { MigrationKind } from '../../domain/migration/migration-spec';
import { allFailures } from '../migrations/migration-failures';
import { requireMigration } from '../migrations/require-migration';
import type { Migrators } from '../ports/migrator';
import type { FoundSpans, TraceStore, UnitName } from '../ports/trace-store';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller } from '../use-cases';
import type { FoundTrace, TraceUseCases, UnitTrace } from './trace-use-cases';
import { visibleSpans } from './visible-spans';

export interface TraceServiceOptions {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  store: TraceStore;
  /** Address of Jaeger's pages, without a slash at its end; absent: there are none. */
  viewer?: string;
}

const SERVICES: Record<MigrationKind, string> = { storage: 'storage-migrator', database: 'db-migrator', host: 'host-migrator' };
const UNITS: Record<MigrationKind, UnitName['kind'][]> = { storage: ['object', 'path'], database: ['table'], host: ['path'] };

/** Finds what happened to a unit of work, and shows whole traces. */
export class TraceService implements TraceUseCases {
  constructor(private readonly options: TraceServiceOptions) {}

  async ofUnit(caller: Caller, migrationId: string, named: UnitName, signal: AbortSignal): Promise<UnitTrace> {
    const { unitOfWork, migrators, store } = this.options;
    const { spec, createdAt } = await requireMigration(unitOfWork.reads, caller.workspaceId, migrationId);
    if (!UNITS[spec.kind].includes(named.kind)) throw unitUnfit(spec.kind, named);
    // A file of a tree is an object of a storage migration.
    const unit: UnitName = spec.kind === 'storage' ? { kind: 'object', name: named.name } : named;
    const failures = (await allFailures(migrators.of(spec.kind), migrationId)).filter((failure) => failure.unit === unit.name);
    const search = { migrationId, unit, since: new Date(createdAt), services: [SERVICES[spec.kind]] };
    const { spans, truncated } = await this.asked((of) => of.findUnit(search, signal), failures.length > 0);
    return { unit: named, store: store.kind, spans, truncated, failures };
  }

  async trace(caller: Caller, traceId: string, signal: AbortSignal): Promise<FoundTrace> {
    const { store } = this.options;
    if (!/^[0-9a-f]{32}$/.test(traceId)) throw traceNotFound(store.kind);
    const { spans, truncated } = await this.asked((of) => of.trace(traceId, signal), false);
    const visible = caller.role === 'admin' ? spans : visibleSpans(spans, caller.workspaceId);
    if (visible.length === 0) throw traceNotFound(store.kind);
    const { viewer } = this.options;
    return { traceId, store: store.kind, spans: visible, truncated, viewUrl: viewer === undefined ? null : `${viewer}/trace/${traceId}` };
  }

  /** What is on record answers alone where the store does not. */
  private async asked(ask: (store: TraceStore) => Promise<FoundSpans>, otherwiseKnown: boolean): Promise<FoundSpans> {
    try {
      return await ask(this.options.store);
    } catch (error) {
      if (!otherwiseKnown || (error instanceof DOMException && error.name === 'AbortError')) throw error;
      return { spans: [], truncated: false };
    }
  }
}

function unitUnfit(kind: MigrationKind, { kind: asked }: UnitName): SmartantError {
  return new SmartantError('TRACE_UNIT_UNFIT', `A ${kind} migration has no units of the kind "${asked}".`, {
    kind: 'invalid',
    hint: `Ask by ${UNITS[kind].join(' or ')}.`,
    fields: [{ field: asked, message: `does not fit a ${kind} migration` }],
  });
}

function traceNotFound(store: TraceStore['kind']): SmartantError {
  return new SmartantError('TRACE_NOT_FOUND', 'There is no such trace, or not any more.', {
    kind: 'not-found',
    hint:
      store === 'none'
        ? 'This installation keeps no traces that it could read: set SMARTANT_TRACE_EXPORTER=file with SMARTANT_TRACES_DIR, or SMARTANT_JAEGER_QUERY_URL.'
        : 'Traces are kept for a while only, and units of work are sampled. Failures stay on record with the migration.',
  });
}
