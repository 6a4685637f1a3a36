import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import {
  startBastion,
  startConnectProxy,
  startS3,
  startSocksProxy,
  testAuthority,
  type S3Server,
  type TestAuthority,
  type TestCertificate,
} from '@smartant/test-servers';
import type { NetworkSecret, StorageConnector, Way } from '@smartant/connectors';
import { createEgressGuard } from '@smartant/platform/egress';
import { createOpenStorage } from '../connectors';
import type { S3Location } from './s3-address';

const never = new AbortController().signal;
const plain = { metadata: {}, tags: {} };
const closing: (() => unknown)[] = [];
let store: S3Server;

beforeAll(async () => {
  store = await startS3('sample');
  await store.createBucket('far');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => store.stop());

function open(location: Partial<S3Location>, network: NetworkSecret = {}, onRetry?: (code: string) => void): StorageConnector {
  const { serviceUrl, region, accessKeyId, secretAccessKey } = store;
  const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
  const connector = createOpenStorage({ ...guard })(
    { kind: 's3', serviceUrl, region, bucket: 'far', prefix: '', addressing: 'path', ...location },
    { secret: async () => ({ kind: 's3', accessKeyId, secretAccessKey, network }), onRetry },
  );
  closing.push(() => connector.reader.close());
  return connector;
}

async function keep<T extends { close(): unknown }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  closing.push(() => server.close());
  return server;
}

async function listed(connector: StorageConnector, key: string) {
  for await (const object of connector.reader.list({ after: key.slice(0, -1) }, never)) if (object.key === key) return object;
  throw new Error(`${key} is not there`);
}

/** Everything that a migration does: questions about the bucket, a large write, a listing, a read. */
async function use(connector: StorageConnector, bytes = Buffer.alloc(300_000, 'content')): Promise<void> {
  await connector.reader.probe(never);
  await connector.writer!.put('object', bytes, plain, { kind: 'any' }, never);
  expect((await connector.reader.read(await listed(connector, 'object'), never)).bytes.equals(bytes)).toBe(true);
}

const local = { host: '127.0.0.1' };

describe('S3 at the far end of a way', () => {
  it('is used over a proxy, a SOCKS proxy and a bastion, and never directly', async () => {
    const proxy = await keep(startConnectProxy({ credentials: 'ann:pw' }));
    const socks = await keep(startSocksProxy());
    const bastion = await keep(startBastion({ password: 'pw' }));
    const port = Number(new URL(store.serviceUrl).port);
    await use(open({ via: [{ kind: 'proxy', tls: false, ...local, port: proxy.port, user: 'ann' }] }, { ways: [{ password: 'pw' }] }));
    await use(open({ via: [{ kind: 'socks', ...local, port: socks.port }] }));
    const ssh = { kind: 'ssh' as const, ...local, port: bastion.port, user: 'ann', hostKeys: [bastion.fingerprint] } satisfies Way;
    await use(open({ via: [ssh] }, { ways: [{ password: 'pw' }] }));
    for (const { asked } of [proxy, socks, bastion]) expect(new Set(asked)).toEqual(new Set([`127.0.0.1:${port}`]));
  });

  it('is asked for by name, which the far side resolves', async () => {
    const proxy = await keep(startConnectProxy());
    const serviceUrl = `http://localhost:${new URL(store.serviceUrl).port}`;
    await use(open({ serviceUrl, via: [{ kind: 'proxy', tls: false, ...local, port: proxy.port }] }));
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(serviceUrl).host]));
  });

  it.each(['proxy', 'socks', 'ssh'] as const)('goes on when the %s dies in the middle of a transfer', async (kind) => {
    const starters = { proxy: startConnectProxy, socks: startSocksProxy, ssh: () => startBastion({ password: 'pw' }) };
    const server = await keep<Awaited<ReturnType<(typeof starters)[typeof kind]>>>(starters[kind]() as never);
    const hostKeys = 'fingerprint' in server ? [server.fingerprint] : [];
    const step = { ...local, port: server.port };
    const ways = { proxy: { kind, tls: false, ...step }, socks: { kind, ...step }, ssh: { kind, ...step, user: 'ann', hostKeys } };
    const retries: string[] = [];
    const connector = open({ via: [ways[kind] as never] }, { ways: [{ password: 'pw' }] }, (code) => retries.push(code));
    const bytes = Buffer.alloc(8_000_000, 'content');
    await use(connector, Buffer.from('warm'));
    const writing = connector.writer!.put('large', bytes, plain, { kind: 'any' }, never);
    server.cut();
    await writing;
    const reading = connector.reader.readRange(await listed(connector, 'large'), { start: 0, end: bytes.length }, never);
    server.cut();
    expect((await reading).equals(bytes)).toBe(true);
    expect(retries.length).toBeGreaterThan(0);
  });

  it('is not reached over a bastion of another key', async () => {
    const bastion = await keep(startBastion({ password: 'canary-pw' }));
    const via = [{ kind: 'ssh' as const, ...local, port: bastion.port, user: 'ann', hostKeys: [`SHA256:${'A'.repeat(43)}`] } satisfies Way];
    const error = await use(open({ via }, { ways: [{ password: 'canary-pw' }] })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'WAY_HOST_KEY_MISMATCH', details: { hostKey: bastion.fingerprint } });
    expect(bastion.signIns).toEqual([]);
    expect(inspect(error, { depth: 9 })).not.toContain('canary-pw');
  });
});

describe('a redirect', () => {
  it.each([301, 307])('is not followed (%d), wherever it leads', async (status) => {
    let trapped = 0;
    const trap = await keep(serving(createServer((_request, response) => void response.end(String((trapped += 1))))));
    const location = `http://127.0.0.1:${trap.port}/latest/meta-data/`;
    const bucket = await keep(
      serving(createServer((request, response) => void request.resume().on('end', () => response.writeHead(status, { location }).end()))),
    );
    const connector = open({ serviceUrl: `http://127.0.0.1:${bucket.port}` });
    const code = 'STORAGE_REGION_MISMATCH';
    await expect(connector.reader.probe(never)).rejects.toMatchObject({ code });
    await expect(connector.writer!.put('k', Buffer.from('x'), plain, { kind: 'any' }, never)).rejects.toMatchObject({ code });
    expect(trapped).toBe(0);
  });
});

async function serving(server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('TLS to the store', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await testAuthority();
  });

  /** TLS in front of the store. */
  async function tlsFront(certificate: TestCertificate, more: object = {}) {
    const front = createTlsServer({ cert: certificate.cert, key: certificate.key, ...more });
    // Raw bytes behind the TLS: the HTTP parser of this server is not wanted.
    front.removeAllListeners('secureConnection').on('secureConnection', (socket) => {
      const { hostname, port } = new URL(store.serviceUrl);
      const target = connect(Number(port), hostname);
      socket.pipe(target).pipe(socket);
      socket.on('error', () => target.destroy()).on('close', () => target.destroy());
      target.on('error', () => socket.destroy());
    });
    const sockets = new Set<{ destroy(): void }>();
    front.on('connection', (socket) => sockets.add(socket));
    const { port } = await serving(front);
    closing.push(() => {
      sockets.forEach((socket) => socket.destroy());
      front.close();
    });
    return `https://127.0.0.1:${port}`;
  }
  const failing = (location: Partial<S3Location>, network?: NetworkSecret) =>
    open(location, network)
      .reader.probe(never)
      .catch((error: unknown) => error);

  it('trusts an authority that the endpoint names, beside those of the system', async () => {
    const serviceUrl = await tlsFront(await authority.issue(['127.0.0.1']));
    await use(open({ serviceUrl, tlsCaPem: authority.caPem }));
    expect(await failing({ serviceUrl })).toMatchObject({ code: 'TLS_AUTHORITY_UNKNOWN', retryable: false });
  });

  it('says which names a certificate has, and takes another server name', async () => {
    const serviceUrl = await tlsFront(await authority.issue(['store.example', 'other.example']));
    expect(await failing({ serviceUrl, tlsCaPem: authority.caPem })).toMatchObject({
      code: 'TLS_NAME_MISMATCH',
      message: expect.stringMatching(/127\.0\.0\.1.*store\.example, other\.example/),
    });
    await use(open({ serviceUrl, tlsCaPem: authority.caPem, tls: { serverName: 'other.example' } }));
  });

  it('says that a certificate has expired, or is not valid yet', async () => {
    const expired = await tlsFront(await authority.issue(['127.0.0.1'], { fromMs: -7_200_000, toMs: -3_600_000 }));
    expect(await failing({ serviceUrl: expired, tlsCaPem: authority.caPem })).toMatchObject({ code: 'TLS_CERTIFICATE_EXPIRED' });
    const early = await tlsFront(await authority.issue(['127.0.0.1'], { fromMs: 3_600_000, toMs: 7_200_000 }));
    expect(await failing({ serviceUrl: early, tlsCaPem: authority.caPem })).toMatchObject({ code: 'TLS_CERTIFICATE_NOT_YET_VALID' });
  });

  it('takes a pinned certificate whatever else is wrong with it, and no other', async () => {
    const expired = await authority.issue(['elsewhere'], { fromMs: -7_200_000, toMs: -3_600_000 });
    const serviceUrl = await tlsFront(expired);
    await use(open({ serviceUrl, tls: { certificateSha256: expired.fingerprint } }));
    const other = await authority.issue(['127.0.0.1']);
    expect(await failing({ serviceUrl, tls: { certificateSha256: other.fingerprint } })).toMatchObject({
      code: 'TLS_FINGERPRINT_MISMATCH',
      message: expect.stringContaining(expired.fingerprint),
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('shows its client certificate to a server that asks (%s)', async (maxVersion) => {
    const serviceUrl = await tlsFront(await authority.issue(['127.0.0.1']), {
      ca: authority.caPem,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion,
    });
    const { cert, key } = await authority.issue(['migrator']);
    const location = { serviceUrl, tlsCaPem: authority.caPem };
    await use(open(location, { clientCertificate: { certificatePem: cert, privateKeyPem: key } }));
    expect(await failing(location)).toMatchObject({ code: 'TLS_CLIENT_REFUSED' });
    const mixed = { certificatePem: cert, privateKeyPem: (await authority.issue(['x'])).key };
    expect(await failing(location, { clientCertificate: mixed })).toMatchObject({ code: 'TLS_IDENTITY_INVALID' });
  });

  it('keeps to its minimum version, and knows plain HTTP from TLS', async () => {
    const serviceUrl = await tlsFront(await authority.issue(['127.0.0.1']), { maxVersion: 'TLSv1.2' });
    const location = { serviceUrl, tlsCaPem: authority.caPem };
    await use(open({ ...location, tls: { minVersion: 'TLSv1.2' } }));
    expect(await failing({ ...location, tls: { minVersion: 'TLSv1.3' } })).toMatchObject({ code: 'TLS_VERSION_UNSUPPORTED' });
    expect(await failing({ serviceUrl: store.serviceUrl.replace('http:', 'https:') })).toMatchObject({ code: 'TLS_NOT_SPOKEN' });
  });

  it('is end to end over a way', async () => {
    const serviceUrl = await tlsFront(await authority.issue(['127.0.0.1']));
    const bastion = await keep(startBastion({ password: 'pw' }));
    const ssh = { kind: 'ssh' as const, ...local, port: bastion.port, user: 'ann', hostKeys: [bastion.fingerprint] } satisfies Way;
    await use(open({ serviceUrl, tlsCaPem: authority.caPem, via: [ssh] }, { ways: [{ password: 'pw' }] }));
  });
});
