import { freshDatabase } from '@smartant/test-servers';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { createPublication } from './publication';

const { signal } = new AbortController();

it('keeps the updates of a table whose primary key is deferrable possible', async () => {
  const source = openTestEndpoint(await freshDatabase());
  const session = await source.open({ applicationName: 'test', signal });
  await session.query('CREATE TABLE public.t (id int PRIMARY KEY DEFERRABLE, v int); INSERT INTO public.t VALUES (1, 1)');
  const tables = (await readCatalog(session, signal)).tables.map((table) => ({ table }));
  await expect(createPublication(session, { name: 'refused', tables }, signal)).rejects.toMatchObject({
    code: 'DATABASE_TABLE_WITHOUT_IDENTITY',
  });
  expect(await createPublication(session, { name: 'published', tables, identityless: 'inserts' }, signal)).toEqual([
    'published',
    'published_inserts',
  ]);
  await session.query('UPDATE public.t SET v = 2; DELETE FROM public.t');
});
