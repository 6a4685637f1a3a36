import type { Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import type { Run } from '../../domain/run';
import { WHOLE_SCOPE } from '../../testkit/whole-scope';
import { createStores, openMigratorDatabase } from './open-stores';

/** What the first version that migrated databases kept of a scope; those who take its runs over find no more. */
const FIRST = [
  ...[
    'includeSchemas',
    'excludeSchemas',
    'includeTables',
    'excludeTables',
    'rows',
    'renames',
    'mode',
    'targetPolicy',
    'largeObjects',
    'roles',
  ],
  ...['tableJobs', 'indexJobs', 'verify', 'quarantineCap', 'reverse', 'maxRetainedWalBytes'],
];

const endpoint = (database: string) => ({ id: database, location: { host: '127.0.0.1', port: 5432, database } });

describe('a run as it is kept', () => {
  let database: Database;
  beforeAll(async () => void (database = await openMigratorDatabase(await freshDatabase())));
  afterAll(() => database.close());

  const order = {
    runId: 'run_1',
    migrationId: 'mig_1',
    workspaceId: 'ws_1',
    epoch: 1,
    phase: 'incremental',
    round: 1,
    status: 'running',
    source: endpoint('from'),
    target: endpoint('to'),
    scope: { ...WHOLE_SCOPE, columns: [{ table: 'public.t', exclude: ['secret'], renames: [] }] },
    limits: { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 },
    sourceFrozen: false,
    trace: {},
    startedAt: new Date().toISOString(),
  } as unknown as Run;

  it('has the scope that it was ordered with', async () => {
    const { runs } = createStores();
    await database.transaction((tx) => runs.insert(tx, order));
    expect((await database.transaction((tx) => runs.find(tx, 'run_1')))?.scope).toEqual(order.scope);
  });

  it('is taken over from an earlier version with all that a scope has by now', async () => {
    const { runs } = createStores();
    const scope = Object.fromEntries(FIRST.map((name) => [name, WHOLE_SCOPE[name as keyof typeof WHOLE_SCOPE]]));
    const stored = { ...order, runId: 'run_2', epoch: 2, scope } as unknown as Run;
    await database.transaction((tx) => runs.insert(tx, stored));
    expect(await database.transaction((tx) => runs.find(tx, 'run_2'))).toMatchObject({ runId: 'run_2', scope: WHOLE_SCOPE });
  });
});
