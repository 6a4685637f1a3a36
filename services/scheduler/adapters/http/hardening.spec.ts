import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { startApi, type RunningApi } from './fixtures/running-api';

const ORIGIN = 'https://console.example.com';
let api: RunningApi;
let token: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  api = await startApi({ corsOrigins: [ORIGIN], limits: { headersMs: 150, requestMs: 400, silentMs: 300 } });
  token = await api.token('admin');
});
beforeEach(() => api.recorded.reset());
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
afterAll(() => api.close());

function open(): Socket {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  sockets.push(socket.on('error', () => undefined));
  return socket;
}

/** However it is closed: a reset is no failure here. */
const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));

/** Resolves with all that came by the time the server has closed the connection. */
async function exchange(text: string): Promise<string> {
  const socket = open();
  let received = '';
  socket.on('data', (chunk) => (received += String(chunk)));
  socket.write(text.replaceAll('\n', '\r\n'));
  await closed(socket);
  return received;
}

const HOST = 'Host: x\nConnection: close';
const statuses = (received: string): string[] => [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status ?? '');

describe('what a proxy and we might read differently', () => {
  const chunked = '5\nhello\n0\n\n';
  it.each([
    ['length and chunks', `POST /v1/auth/token HTTP/1.1\n${HOST}\nContent-Length: 5\nTransfer-Encoding: chunked\n\n${chunked}`],
    ['two lengths', `POST /v1/auth/token HTTP/1.1\n${HOST}\nContent-Length: 5\nContent-Length: 6\n\nhello!`],
    ['two lengths in one', `POST /v1/auth/token HTTP/1.1\n${HOST}\nContent-Length: 5, 6\n\nhello!`],
    ['a signed length', `POST /v1/auth/token HTTP/1.1\n${HOST}\nContent-Length: +5\n\nhello`],
    ['a disguised coding', `POST /v1/auth/token HTTP/1.1\n${HOST}\nTransfer-Encoding: xchunked\n\n${chunked}`],
    ['a coding after chunks', `POST /v1/auth/token HTTP/1.1\n${HOST}\nTransfer-Encoding: chunked, identity\n\n${chunked}`],
    ['a blank before the colon', `GET / HTTP/1.1\nHost : x\n${HOST}\n\n`],
    ['a folded header', `GET / HTTP/1.1\n${HOST}\nX-A: b\n Transfer-Encoding: chunked\n\n`],
    ['a NUL in a header', `GET / HTTP/1.1\n${HOST}\nX-A: b\0c\n\n`],
    ['no host', 'GET / HTTP/1.1\nConnection: close\n\n'],
    ['a chunk size that is none', `POST /v1/auth/token HTTP/1.1\n${HOST}\nTransfer-Encoding: chunked\n\n0x5\nhello\n0\n\n`],
  ])('%s is refused, and the connection with it', async (_name, text) => {
    const received = await exchange(`${text}GET /v1/auth/me HTTP/1.1\n${HOST}\n\n`);
    expect(statuses(received)).toEqual(['400']);
    expect(api.recorded.calls).toEqual([]);
  });

  it.each(['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match'])('two %s headers are refused', async (name) => {
    const received = await exchange(`GET /v1/auth/me HTTP/1.1\n${HOST}\n${name}: a\n${name}: b\n\n`);
    expect(statuses(received)).toEqual(['400']);
    expect(received).toContain('HEADER_REPEATED');
  });
});

describe('what is larger than it may be', () => {
  it('is refused by the length of its address', async () => {
    const answer = await api.call('GET', `/v1/auth/me?x=${'a'.repeat(9_000)}`, { token });
    expect(answer).toMatchObject({ status: 414, json: { code: 'URL_TOO_LONG' } });
  });

  it('is refused by the size of its headers', async () => {
    expect(statuses(await exchange(`GET / HTTP/1.1\n${HOST}\nX-A: ${'a'.repeat(20_000)}\n\n`))).toEqual(['431']);
  });
});

describe('methods', () => {
  it.each(['TRACE', 'CONNECT', 'FOO', 'PROPFIND', 'get'])('%s leads nowhere', async (method) => {
    const received = await exchange(`${method} ${method === 'CONNECT' ? 'a:80' : '/v1/auth/me'} HTTP/1.1\n${HOST}\n\n`);
    expect(['', '400', '405', '404']).toContain(statuses(received)[0] ?? '');
    expect(received).not.toContain('X-A');
  });

  it('HEAD answers as GET does, without the body', async () => {
    const got = await api.call('GET', '/v1/auth/me', { token });
    const head = await api.call('HEAD', '/v1/auth/me', { token });
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', got.headers.get('content-length')]);
    expect((await api.call('HEAD', '/v1/auth/me')).status).toBe(401);
  });

  it('does not switch to another protocol', async () => {
    for (const protocol of ['websocket', 'h2c']) {
      const socket = open();
      socket.write(`GET /v1/auth/me HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
      const [received] = (await once(socket, 'data')) as [Buffer];
      expect(statuses(received.toString())).toEqual(['401']);
    }
  });
});

describe('slow clients', () => {
  it('lose the connection over headers that never end', async () => {
    const socket = open();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => socket.write('X-A: b\r\n'), 20);
    await closed(socket.resume()).finally(() => clearInterval(drip));
  });

  it('lose it over a body that never ends', async () => {
    const socket = open();
    socket.write('POST /v1/auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{');
    const drip = setInterval(() => socket.write(' '), 20);
    await closed(socket.resume()).finally(() => clearInterval(drip));
  });

  it('lose it over an answer that they do not read', async () => {
    const socket = open();
    socket.pause();
    const ask = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n';
    // More answers than the buffers of both sides hold.
    socket.write(ask.repeat(200));
    const connections = () => new Promise<number>((resolve) => (api.app.getHttpServer() as Server).getConnections((_e, n) => resolve(n)));
    while ((await connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await connections()).toBe(0);
  });
});

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    api.call('OPTIONS', '/v1/auth/me', {
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    });

  it('may call where their origin is listed', async () => {
    const asked = await preflight(ORIGIN);
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      vary: expect.stringContaining('Origin'),
    });
    const called = await api.call('GET', '/v1/auth/me', { token, headers: { origin: ORIGIN } });
    expect(called.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(called.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each(['https://evil.example.com', 'https://console.example.com.evil.example', 'http://console.example.com', 'null'])(
    'may not where it is %s',
    async (origin) => {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      expect((await api.call('GET', '/v1/auth/me', { token, headers: { origin } })).headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

it('says nothing about what it is made of, and which features pages may use', async () => {
  const { headers } = await api.call('GET', '/v1/auth/me', { token });
  expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
  expect(headers.get('permissions-policy')).toContain('camera=()');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('strict-transport-security')).toBeNull();
  const overTls = await api.call('GET', '/v1/auth/me', { token, headers: { 'x-forwarded-proto': 'https' } });
  expect(overTls.headers.get('strict-transport-security')).toContain('max-age');
});
