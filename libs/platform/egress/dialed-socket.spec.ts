import { Client } from 'pg';
import { freshDatabase, startBastion, startConnectProxy, type Bastion, type ConnectProxy } from '@smartant/test-servers';
import { createEgressGuard, dialerFor, DialedSocket, type Dialer } from './index';

const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
let url: string;
let bastion: Bastion;
let proxy: ConnectProxy;
const dialers: Dialer[] = [];

beforeAll(async () => {
  url = await freshDatabase();
  bastion = await startBastion({ password: 'pw' });
  proxy = await startConnectProxy();
});
afterAll(async () => {
  for (const dialer of dialers) dialer.close();
  await Promise.all([bastion.close(), proxy.close()]);
});

function keep(dialer: Dialer): Dialer {
  dialers.push(dialer);
  return dialer;
}
const overBoth = () =>
  keep(
    dialerFor({
      guard,
      ways: [
        { kind: 'proxy', tls: false, host: '127.0.0.1', port: proxy.port },
        { kind: 'ssh', host: '127.0.0.1', port: bastion.port, user: 'ann', hostKeys: [bastion.fingerprint] },
      ],
      secret: async () => ({ ways: [{}, { password: 'pw' }] }),
    }),
  );
const clientOver = (dialer: Dialer) => new Client({ connectionString: url, stream: () => new DialedSocket({ dialer }) as never });

it('takes PostgreSQL’s own driver over a proxy and a bastion', async () => {
  const client = clientOver(overBoth());
  await client.connect();
  const { rows } = await client.query("SELECT repeat('x', 5000000) AS text, $1::text AS echo", ['y'.repeat(3_000_000)]);
  expect([rows[0].text.length, rows[0].echo.length]).toEqual([5_000_000, 3_000_000]);
  await client.end();
  expect(bastion.asked).toEqual([new URL(url).host]);
});

it('tells the driver of a connection that was lost', async () => {
  const client = clientOver(overBoth());
  await client.connect();
  const lost = new Promise((resolve) => client.once('error', resolve));
  const query = client.query('SELECT pg_sleep(60)').catch((error: Error) => error);
  bastion.cut();
  expect(await query).toBeInstanceOf(Error);
  await lost;
});

it('passes on why it could not be connected', async () => {
  const strict = createEgressGuard({ allowLoopback: false, allow: [], deny: [] });
  const dialer = keep(dialerFor({ guard: strict, ways: [], secret: async () => ({}) }));
  await expect(clientOver(dialer).connect()).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
});
