import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freshDatabase } from '@smartant/test-servers';
import { Client } from 'pg';
import { openMigratorDatabase as openHost } from '../../services/host-migrator/adapters/postgres/open-stores';
import { openMigratorDatabase as openDb } from '../../services/db-migrator/adapters/postgres/open-stores';
import { openMigratorDatabase as openStorage } from '../../services/storage-migrator/adapters/postgres/open-stores';
import { openNotifierDatabase as openNotifier } from '../../services/notifier/adapters/postgres/open-database';
import { closePools, openPools } from '../../services/scheduler/scheduler-pools';
import { createLogger } from '@smartant/platform/logging';

const ROOT = join(__dirname, '..', '..');
const RUN_TYPESCRIPT = join(ROOT, 'libs', 'platform', 'lifecycle', 'testkit', 'run-typescript.cjs');
const logger = createLogger({ service: 'spec', level: 'fatal' });

/** Opens the database as the service itself does at its start, and closes it. */
const START: Record<string, (url: string) => Promise<void>> = {
  scheduler: async (url) => closePools(await openPools({ databaseUrl: url, logger })),
  'storage-migrator': async (url) => (await openStorage(url)).close(),
  'db-migrator': async (url) => (await openDb(url)).close(),
  'host-migrator': async (url) => (await openHost(url)).close(),
  notifier: async (url) => (await openNotifier(url)).close(),
};

describe.each(Object.keys(START))('the schema job of %s', (service) => {
  it('leaves nothing to do for the service', async () => {
    const url = await freshDatabase();
    const run = () =>
      JSON.parse(
        execFileSync(process.execPath, ['-r', RUN_TYPESCRIPT, join(ROOT, 'services', service, 'migrate-schema.ts')], {
          encoding: 'utf8',
          env: { ...process.env, SMARTANT_DATABASE_URL: url },
        }),
      ) as { schema: string; applied: string[] };
    const { schema, applied } = run();
    expect(applied.length).toBeGreaterThan(2);
    const recorded = async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query(`SELECT name, applied_at FROM ${schema}.schema_migration ORDER BY name`);
      await client.end();
      return rows as unknown[];
    };
    const before = await recorded();
    await START[service]!(url);
    expect(await recorded()).toEqual(before);
    expect(run().applied).toEqual([]);
  });
});
