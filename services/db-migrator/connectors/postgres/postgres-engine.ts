import { SmartantError } from '@smartant/kernel';
import { DATABASE_STAGES, type DatabaseEndpoint, type DatabaseEngine } from '../../application/ports/database-engine';
import { readCatalog } from './catalog/read-catalog';
import type { PgEndpoint, PgSession } from './session/pg-session';

/** PostgreSQL behind the engine's port. `open`: judges the address, and connects when a session is asked for. */
export function createPostgresEngine(open: (endpoint: DatabaseEndpoint) => PgEndpoint): DatabaseEngine {
  const using = async <T>(endpoint: DatabaseEndpoint, signal: AbortSignal, work: (session: PgSession) => Promise<T>): Promise<T> => {
    const opened = open(endpoint);
    try {
      const session = await opened.open({ applicationName: 'smartant look', signal });
      return await work(session).finally(() => session.close());
    } finally {
      opened.close();
    }
  };
  return {
    probe: (endpoint, signal) =>
      using(endpoint, signal, async (session) => {
        const sentAtMs = performance.now();
        const [row] = await session.query("SELECT current_setting('wal_level') AS wal_level", undefined, signal);
        const abilities = row?.['wal_level'] === 'logical' ? ['logical-decoding'] : [];
        return { abilities, findings: [], roundTripMs: Math.round(performance.now() - sentAtMs) };
      }),
    discover: (endpoint, path, { pageSize, pageToken }, signal) =>
      using(endpoint, signal, async (session) => {
        const { tables } = await readCatalog(session, signal);
        const all = path === '' ? schemasOf(tables) : tables.filter(({ schema }) => schema === path).map(itemOf);
        const items = all.filter((item) => item.path > pageToken).sort((a, b) => (a.path < b.path ? -1 : 1));
        const page = items.slice(0, pageSize);
        return { items: page, nextPageToken: items.length > pageSize ? (page.at(-1)?.path ?? '') : '' };
      }),
    precheck: () => Promise.reject(unsupported()),
    stages: Object.fromEntries(
      DATABASE_STAGES.map((stage) => [stage, () => Promise.reject(unsupported())]),
    ) as unknown as DatabaseEngine['stages'],
  };
}

type Listed = Awaited<ReturnType<typeof readCatalog>>['tables'][number];

function schemasOf(tables: Listed[]): { path: string; kind: string; sizeBytes: number }[] {
  return [...Map.groupBy(tables, ({ schema }) => schema)].map(([path, of]) => ({
    path,
    kind: 'schema',
    sizeBytes: of.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
}

function itemOf({ schema, table, bytes }: Listed): { path: string; kind: string; sizeBytes: number } {
  return { path: `${schema}.${table}`, kind: 'table', sizeBytes: bytes };
}

function unsupported(): SmartantError {
  return new SmartantError('DATABASE_UNSUPPORTED', 'This version cannot migrate PostgreSQL databases yet.', {
    kind: 'precondition',
    hint: 'Use a newer version.',
  });
}
