import { createEgressGuard } from '@smartant/platform/egress';
import { freshDatabase } from '@smartant/test-servers';
import { endpointAt, openTestEndpoint } from './postgres/fixtures/test-endpoint';
import { createDatabaseEngine } from './connectors';

const never = new AbortController().signal;

const engineThat = (allowLoopback: boolean) =>
  createDatabaseEngine({ guard: createEgressGuard({ allowLoopback, allow: [], deny: [] }), sockets: allowLoopback });

it('looks at a database: its abilities, schemas and tables in pages', async () => {
  const url = await freshDatabase();
  const session = await openTestEndpoint(url).open({ applicationName: 'test', signal: never });
  await session.query('CREATE SCHEMA b; CREATE TABLE b.x (i int); CREATE TABLE b.y (i int); CREATE TABLE public.z (i int)');
  await session.close();
  const [engine, endpoint] = [engineThat(true), endpointAt(url)];
  expect(await engine.probe(endpoint, never)).toMatchObject({ findings: [], roundTripMs: expect.any(Number) });
  const look = (path: string, pageSize: number, pageToken = '') => engine.discover(endpoint, path, { pageSize, pageToken }, never);
  expect((await look('', 10)).items.map(({ path, kind }) => [path, kind])).toEqual([
    ['b', 'schema'],
    ['public', 'schema'],
  ]);
  const first = await look('b', 1);
  expect(first).toMatchObject({ items: [{ path: 'b.x', kind: 'table' }], nextPageToken: 'b.x' });
  expect(await look('b', 1, first.nextPageToken)).toMatchObject({ items: [{ path: 'b.y' }], nextPageToken: '' });
});

it('refuses this machine where it is not allowed, by address and by socket', async () => {
  const url = await freshDatabase();
  for (const change of [{}, { host: '/tmp' }]) {
    await expect(engineThat(false).probe(endpointAt(url, change), never)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
  }
});
