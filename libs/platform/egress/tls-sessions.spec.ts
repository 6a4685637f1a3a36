import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { testAuthority, type TestAuthority, type TestCertificate } from '@smartant/test-servers';
import { Pool } from 'undici';
import { createEgressGuard, dialerFor, guardedConnect, TlsSessions, undiciConnector, type GuardedConnectOptions } from './index';

type Tls = NonNullable<GuardedConnectOptions['tls']>;

/** A real server that notes of each connection whether its session was resumed, and ends it after one answer. */
class Store {
  readonly resumed: boolean[] = [];
  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
  ) {}

  static async start(certificate: TestCertificate, options: object = {}): Promise<Store> {
    const server = createServer({ ...certificate, ...options }, (_request, response) =>
      response.setHeader('connection', 'close').end('ok'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const store = new Store(server, (server.address() as AddressInfo).port);
    server.on('secureConnection', (socket: TLSSocket) => store.resumed.push(socket.isSessionReused()));
    return store;
  }

  get wholeHandshakes(): number {
    return this.resumed.filter((each) => !each).length;
  }

  /** From now on the server is another one: its certificate, and no session of before. */
  become({ cert, key }: TestCertificate): void {
    this.server.setSecureContext({ cert, key });
    this.server.setTicketKeys(Buffer.alloc(48, 7));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
const dialer = dialerFor({ guard, ways: [], secret: async () => ({}) });
let authority: TestAuthority;
let certificate: TestCertificate;
let store: Store;

beforeAll(async () => {
  authority = await testAuthority();
  certificate = await authority.issue(['localhost', 'other.example']);
});
beforeEach(async () => {
  store = await Store.start(certificate);
});
afterEach(() => store.close());

/** One request on a connection of its own, as a store's connection that has ended is replaced. Resolves when the server has ended it. */
async function ask(sessions: TlsSessions | undefined, tls: Tls = {}, to = store): Promise<void> {
  const stream = await guardedConnect({ dialer, host: 'localhost', port: to.port, tls: { caPem: authority.caPem, ...tls }, sessions });
  stream.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  stream.resume();
  await once(stream, 'close');
}

describe.each(['TLSv1.2', 'TLSv1.3'])('connections to one endpoint over %s', (version) => {
  beforeEach(async () => {
    store.close();
    store = await Store.start(certificate, { minVersion: version, maxVersion: version });
  });

  it('need one whole handshake', async () => {
    const sessions = new TlsSessions();
    for (let n = 0; n < 5; n += 1) await ask(sessions);
    expect(store.resumed).toEqual([false, true, true, true, true]);
  });

  it('need one each without sessions', async () => {
    for (let n = 0; n < 3; n += 1) await ask(undefined);
    expect(store.wholeHandshakes).toBe(3);
  });

  it('are held to their pin', async () => {
    const sessions = new TlsSessions();
    const pinned = { caPem: undefined, certificateSha256: certificate.fingerprint };
    for (let n = 0; n < 3; n += 1) await ask(sessions, pinned);
    expect(store.resumed).toEqual([false, true, true]);
    await expect(ask(sessions, { certificateSha256: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'TLS_FINGERPRINT_MISMATCH' });
    expect(store.resumed.filter(Boolean)).toHaveLength(2);
    store.become(await authority.issue(['localhost']));
    await expect(ask(sessions, pinned)).rejects.toMatchObject({ code: 'TLS_FINGERPRINT_MISMATCH' });
  });

  it('look at the certificate of a server that took the place of another', async () => {
    const sessions = new TlsSessions();
    for (let n = 0; n < 2; n += 1) await ask(sessions);
    store.become(await (await testAuthority()).issue(['localhost']));
    await expect(ask(sessions)).rejects.toMatchObject({ code: 'TLS_AUTHORITY_UNKNOWN' });
    store.become(await authority.issue(['another.example']));
    await expect(ask(sessions)).rejects.toMatchObject({ code: 'TLS_NAME_MISMATCH' });
  });
});

it('takes no session up for another identity on either side', async () => {
  const sessions = new TlsSessions();
  const client = await authority.issue(['client']);
  const clientCertificate = { certificatePem: client.cert, privateKeyPem: client.key };
  const each: Tls[] = [
    {},
    { serverName: 'other.example' },
    { caPem: `${authority.caPem}\n${authority.caPem}` },
    { certificateSha256: certificate.fingerprint },
    { minVersion: 'TLSv1.3' },
    { clientCertificate },
  ];
  for (const tls of each) await ask(sessions, tls);
  expect(store.wholeHandshakes).toBe(each.length);
  for (const tls of each) await ask(sessions, tls);
  expect(store.wholeHandshakes).toBe(each.length);
});

it('takes none up at another port, nor in another connector', async () => {
  const second = await Store.start(certificate);
  const sessions = new TlsSessions();
  await ask(sessions);
  await ask(sessions, {}, second);
  await ask(new TlsSessions());
  expect([store.wholeHandshakes, second.wholeHandshakes]).toEqual([2, 1]);
  second.close();
});

it('keeps none of a server that was refused', async () => {
  const sessions = new TlsSessions();
  for (let n = 0; n < 2; n += 1) await expect(ask(sessions, { caPem: undefined })).rejects.toMatchObject({ code: 'TLS_AUTHORITY_UNKNOWN' });
  await expect(ask(sessions, { serverName: 'wrong.example' })).rejects.toMatchObject({ code: 'TLS_NAME_MISMATCH' });
  await ask(sessions);
  expect(store.resumed).not.toContain(true);
});

it('wants to see the certificate again every ten minutes, however often it resumed', async () => {
  let nowMs = 0;
  const sessions = new TlsSessions(() => nowMs);
  for (nowMs = 0; nowMs <= 12 * 60_000; nowMs += 4 * 60_000) await ask(sessions);
  expect(store.resumed).toEqual([false, true, true, false]);
});

it('serves the connections of a pool', async () => {
  const connect = undiciConnector({ dialer, tls: async () => ({ caPem: authority.caPem }) });
  const pool = new Pool(`https://localhost:${store.port}`, { connect, connections: 4 });
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 4 }, async () => (await pool.request({ path: '/', method: 'GET' })).body.dump()));
  }
  await pool.close();
  // Those that begin together know no session yet.
  expect(store.resumed.length).toBeGreaterThanOrEqual(40);
  expect(store.wholeHandshakes).toBeLessThanOrEqual(4);
});
