import { copyDatabases, never, tablesOf } from '../copy/fixtures/copy-databases';
import { conditionsAtTarget } from './conditions-at-target';
import type { OpenJob } from './open-job';

/** Which tables' conditions the target can judge; `where` holds over the source's table, the target's may have changed since. */
async function judged(source: string, target: string, where: string, leftOut: string[] = []): Promise<string[]> {
  const databases = await copyDatabases();
  await databases.at(databases.source, source);
  await databases.at(databases.target, target);
  const tables = (await tablesOf(databases.source)).map((table) => ({
    ...table,
    columns: table.columns.filter(({ name }) => !leftOut.includes(name)),
  }));
  const job = { scope: { rows: [{ table: 'public.t', where }] }, migrationId: 'mig_conditions' };
  const open = { job, target: databases.target, targetName: (name: unknown) => name } as unknown as OpenJob;
  return (await conditionsAtTarget(open, tables, never)).map(({ table }) => table);
}

const SOURCE = 'CREATE TABLE public.t (id int PRIMARY KEY, state text)';

it('judges by what the target was given', async () => {
  expect(await judged(SOURCE, SOURCE, `t.state <> 'closed'`)).toEqual(['public.t']);
});

it('takes no column of the target for one that it was not given', async () => {
  expect(await judged(SOURCE, SOURCE, `state <> 'closed'`, ['state'])).toEqual([]);
  expect(await judged(SOURCE, SOURCE, `public.t.state <> 'closed'`, ['state'])).toEqual([]);
});

it('compares the whole of a table whose columns are of another type by now', async () => {
  const target = `CREATE TYPE public.s AS ENUM ('open'); CREATE TABLE public.t (id int PRIMARY KEY, state public.s)`;
  expect(await judged(SOURCE, target, `state <> 'closed'`)).toEqual([]);
});
