import { createLogger } from '@smartant/platform/logging';
import { contractedBetween, freshDatabase, readSchemaCatalogue, type SchemaCatalogue } from '@smartant/test-servers';
import { openMigratorDatabase as openOfDatabases } from '../../services/db-migrator/adapters/postgres/open-stores';
import { closePools, openPools } from '../../services/scheduler/scheduler-pools';
import { openMigratorDatabase as openOfStorage } from '../../services/storage-migrator/adapters/postgres/open-stores';
import type { ReplicatedPlatform } from '../platform/replicated-platform';

/** What a platform's services have in its database now. */
export function schemasOf({ postgres }: ReplicatedPlatform): Promise<SchemaCatalogue> {
  const url = new URL(postgres.adminUrl);
  url.pathname = '/smartant';
  return readSchemaCatalogue(url.toString());
}

/** What this version makes of an empty database. The bus, which the installation makes, is not in it. */
export async function freshSchemas(): Promise<SchemaCatalogue> {
  const url = await freshDatabase('fresh');
  const logger = createLogger({ service: 'upgrade', level: 'silent' });
  const [pools, ...migrators] = await Promise.all([openPools({ databaseUrl: url, logger }), openOfStorage(url), openOfDatabases(url)]);
  try {
    return await readSchemaCatalogue(url);
  } finally {
    await closePools(pools);
    await Promise.all(migrators.map((migrator) => migrator.close()));
  }
}

/** Only what is in these schemas. */
export function partOf({ columns, rules, functions }: SchemaCatalogue, schemas: string[]): SchemaCatalogue {
  const isIn = (name: string) => schemas.some((schema) => name.startsWith(`${schema}.`));
  return {
    columns: new Map([...columns].filter(([name]) => isIn(name))),
    rules: new Map([...rules].filter(([name]) => isIn(name))),
    functions: new Set([...functions].filter(isIn)),
  };
}

/**
 * Holds what this version's services made of an earlier version's schemas: nothing is taken from who was written for those, and they are
 * now like fresh ones, so that no step was changed after others had been through it.
 */
export async function expectExpanded(before: SchemaCatalogue, after: SchemaCatalogue, schemas: string[]): Promise<void> {
  expect(contractedBetween(before, after)).toEqual([]);
  const [upgraded, fresh] = [partOf(after, schemas), partOf(await freshSchemas(), schemas)];
  expect(fresh.columns.size).toBeGreaterThan(0);
  expect([contractedBetween(upgraded, fresh), contractedBetween(fresh, upgraded)]).toEqual([[], []]);
}
