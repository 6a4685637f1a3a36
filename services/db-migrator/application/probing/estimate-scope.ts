import { nameMatcher } from '@smartant/kernel';
import type { EstimateView } from '@smartant/runs';
import type { DatabaseScope } from '../../domain/database-scope';
import type { DatabaseEndpoint, DatabaseEngine } from '../ports/database-engine';

/** An estimate by call has 60 s; what it found by then is a lower bound. */
const ESTIMATE_MS = 45_000;
const PAGE = 1_000;

type Filters = Pick<DatabaseScope, 'includeSchemas' | 'excludeSchemas' | 'includeTables' | 'excludeTables'>;

/** Adds up the tables of a scope as the source lists them, for at most `budgetMs`. */
export async function estimateScope(
  engine: Pick<DatabaseEngine, 'discover'>,
  source: DatabaseEndpoint,
  scope: Filters,
  signal: AbortSignal,
  budgetMs = ESTIMATE_MS,
): Promise<EstimateView> {
  const until = performance.now() + budgetMs;
  const inScope = tableFilter(scope);
  const estimate = { objects: 0, bytes: 0, complete: true };
  for await (const schema of pages(engine, source, '', signal)) {
    for await (const { path, kind, sizeBytes } of pages(engine, source, schema.path, signal)) {
      if (performance.now() > until) return { ...estimate, complete: false };
      if (kind !== 'table' || !inScope(schema.path, path)) continue;
      estimate.objects += 1;
      estimate.bytes += sizeBytes;
    }
  }
  return estimate;
}

/** What is included by schema or by name belongs to the scope, and everything does where nothing is included; an exclusion wins. */
export function tableFilter(scope: Filters): (schema: string, table: string) => boolean {
  const [inSchemas, outSchemas] = [nameMatcher(scope.includeSchemas), nameMatcher(scope.excludeSchemas)];
  const [inTables, outTables] = [nameMatcher(scope.includeTables), nameMatcher(scope.excludeTables)];
  const all = scope.includeSchemas.length + scope.includeTables.length === 0;
  return (schema, table) => (all || inSchemas(schema) || inTables(table)) && !outSchemas(schema) && !outTables(table);
}

async function* pages(engine: Pick<DatabaseEngine, 'discover'>, source: DatabaseEndpoint, path: string, signal: AbortSignal) {
  for (let pageToken = ''; ;) {
    const { items, nextPageToken } = await engine.discover(source, path, { pageSize: PAGE, pageToken }, signal);
    yield* items;
    if (nextPageToken === '') return;
    pageToken = nextPageToken;
  }
}
