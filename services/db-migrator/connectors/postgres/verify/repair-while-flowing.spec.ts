import { freshDatabase } from '@smartant/test-servers';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { repairWhileFlowing } from './repair-while-flowing';

const { signal } = new AbortController();

it('leaves a row to the stream that comes at the source while its like is taken away at the target', async () => {
  const [source, target] = [openTestEndpoint(await freshDatabase()), openTestEndpoint(await freshDatabase())];
  const [from, writer] = await Promise.all([1, 2].map(() => source.open({ applicationName: 'test', signal })));
  const [to, stream] = await Promise.all([1, 2].map(() => target.open({ applicationName: 'test', signal })));
  const schema = 'CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t SELECT g, g FROM generate_series(1, 3) g';
  for (const session of [writer!, stream!]) await session.query(schema);
  await writer!.query('DELETE FROM public.t WHERE id = 2');
  await stream!.query(`UPDATE public.t SET v = 'wrong' WHERE id = 3`);
  const { tables } = await readCatalog(from!, signal);
  let waits = 0;
  const waitApplied = async () => {
    waits += 1;
    const insert = `INSERT INTO public.t VALUES (2, 'new')`;
    // Comes at the source between the lock and the repair, and at the target when the stream has come so far.
    if (waits === 1) await writer!.query(insert);
    if (waits === 2) await stream!.query(insert);
  };
  const keys = [['2'], ['3']];
  const report = await repairWhileFlowing({
    source: from!,
    target: to!,
    table: tables[0]!,
    targetName: (name) => name,
    keys,
    waitApplied,
    signal,
  });
  expect(waits).toBe(2);
  expect(report).toEqual({ written: 2, removed: 1 });
  const rows = 'SELECT id, v FROM public.t ORDER BY id';
  expect(await stream!.query(rows)).toEqual(await writer!.query(rows));
});
