import { generateKeyPairSync } from 'node:crypto';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { utils } from 'ssh2';
import { startBastion, startConnectProxy, startSocksProxy, testAuthority } from '@smartant/test-servers';
import type { NetworkSecret, Way } from '@smartant/connectors';
import { createEgressGuard, dialerFor, guardedConnect, type Dialer } from './index';

const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: ['10.0.0.0/8'] });
const closing: { close(): unknown }[] = [];
let echo: Server;
let port: number;

beforeAll(async () => {
  // Answers with what it was sent, once the other side has said all.
  echo = createServer({ allowHalfOpen: true }, (socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  port = (echo.address() as AddressInfo).port;
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((server) => server.close()));
});
afterAll(() => void echo.close());

const keep = <T extends { close(): unknown }>(server: T): T => {
  closing.push(server);
  return server;
};
const over = (ways: Way[], secret: NetworkSecret = {}, caPem?: string): Dialer =>
  keep(dialerFor({ guard, ways, secret: async () => secret, caPem }));

async function echoed(dialer: Dialer, host = '127.0.0.1', target = port): Promise<string> {
  const stream = await guardedConnect({ dialer, host, port: target });
  stream.write('hello');
  let heard = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) if ((heard += chunk.toString()).length >= 5) break;
  return heard;
}
const local = { host: '127.0.0.1' };
const code = (wanted: string, retryable = false) => expect.objectContaining({ code: wanted, retryable });

describe('HTTP CONNECT', () => {
  it('carries bytes, with and without sign-in', async () => {
    const plain = keep(await startConnectProxy());
    expect(await echoed(over([{ kind: 'proxy', tls: false, ...local, port: plain.port }]))).toBe('hello');
    const locked = keep(await startConnectProxy({ credentials: 'ann:pässword' }));
    const way: Way = { kind: 'proxy', tls: false, ...local, port: locked.port, user: 'ann' };
    expect(await echoed(over([way], { ways: [{ password: 'pässword' }] }), 'localhost')).toBe('hello');
    expect(locked.asked).toEqual([`localhost:${port}`]);
    await expect(echoed(over([way], { ways: [{ password: 'no' }] }))).rejects.toEqual(code('WAY_SIGN_IN_FAILED'));
  });

  it('speaks TLS to a proxy that wants it, and looks at its certificate', async () => {
    const authority = await testAuthority();
    const proxy = keep(await startConnectProxy({ tls: await authority.issue(['127.0.0.1']) }));
    const ways: Way[] = [{ kind: 'proxy', tls: true, ...local, port: proxy.port }];
    expect(await echoed(over(ways, {}, authority.caPem))).toBe('hello');
    await expect(echoed(over(ways))).rejects.toEqual(code('TLS_AUTHORITY_UNKNOWN'));
  });

  it.each([
    [403, 'WAY_REFUSED', false],
    [502, 'WAY_TARGET_UNREACHABLE', true],
  ])('tells what status %d means', async (status, wanted, retryable) => {
    const proxy = keep(await startConnectProxy({ status }));
    await expect(echoed(over([{ kind: 'proxy', tls: false, ...local, port: proxy.port }]))).rejects.toEqual(code(wanted, retryable));
  });
});

describe('SOCKS 5', () => {
  it('carries bytes, with and without sign-in', async () => {
    const plain = keep(await startSocksProxy());
    expect(await echoed(over([{ kind: 'socks', ...local, port: plain.port }]))).toBe('hello');
    const locked = keep(await startSocksProxy({ credentials: { user: 'ann', password: 'canary-pw-1' } }));
    const way: Way = { kind: 'socks', ...local, port: locked.port, user: 'ann' };
    expect(await echoed(over([way], { ways: [{ password: 'canary-pw-1' }] }), 'localhost')).toBe('hello');
    expect(locked.asked).toEqual([`localhost:${port}`]);
    const refused = await echoed(over([way], { ways: [{ password: 'canary-pw-2' }] })).catch((error: Error) => error);
    expect(refused).toEqual(code('WAY_SIGN_IN_FAILED'));
    expect(inspect(refused, { depth: 9 })).not.toContain('canary-pw');
  });

  it.each([
    [2, 'WAY_REFUSED', false],
    [5, 'WAY_TARGET_UNREACHABLE', true],
  ])('tells what reply %d means', async (reply, wanted, retryable) => {
    const proxy = keep(await startSocksProxy({ reply }));
    await expect(echoed(over([{ kind: 'socks', ...local, port: proxy.port }]))).rejects.toEqual(code(wanted, retryable));
  });
});

describe('a bastion', () => {
  const identity = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const privateKeyPem = identity.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const parsed = utils.parseKey(privateKeyPem);
  if (parsed instanceof Error) throw parsed;
  const publicKey = `ssh-rsa ${parsed.getPublicSSH().toString('base64')}`;
  const ssh = (bastion: { port: number; fingerprint: string }): Extract<Way, { kind: 'ssh' }> => ({
    kind: 'ssh',
    ...local,
    port: bastion.port,
    user: 'ann',
    hostKeys: [bastion.fingerprint],
  });

  it('carries bytes by password and by key', async () => {
    const byPassword = keep(await startBastion({ password: 'secret' }));
    expect(await echoed(over([ssh(byPassword)], { ways: [{ password: 'secret' }] }))).toBe('hello');
    const byKey = keep(await startBastion({ publicKey }));
    expect(await echoed(over([ssh(byKey)], { ways: [{ privateKeyPem }] }), 'localhost')).toBe('hello');
    expect(byKey.asked).toEqual([`localhost:${port}`]);
  });

  it('sends nothing to a server of another key', async () => {
    const bastion = keep(await startBastion({ password: 'secret' }));
    const way = { ...ssh(bastion), hostKeys: ['SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'] };
    await expect(echoed(over([way], { ways: [{ password: 'secret' }] }))).rejects.toMatchObject({
      code: 'WAY_HOST_KEY_MISMATCH',
      message: expect.stringContaining(bastion.fingerprint),
      retryable: false,
    });
    expect([bastion.signIns, bastion.asked]).toEqual([[], []]);
  });

  it('tells wrong credentials, an unreadable key, a refusal and a dead endpoint apart', async () => {
    const bastion = keep(await startBastion({ password: 'secret' }));
    await expect(echoed(over([ssh(bastion)], { ways: [{ password: 'wrong' }] }))).rejects.toEqual(code('WAY_SIGN_IN_FAILED'));
    await expect(echoed(over([ssh(bastion)], { ways: [{ privateKeyPem: 'no key' }] }))).rejects.toEqual(code('WAY_KEY_INVALID'));
    const deaf = createServer().listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const closed = (deaf.address() as AddressInfo).port;
    await new Promise((done) => deaf.close(done));
    const dialer = over([ssh(bastion)], { ways: [{ password: 'secret' }] });
    await expect(echoed(dialer, '127.0.0.1', closed)).rejects.toEqual(code('WAY_TARGET_UNREACHABLE', true));
  });

  it('signs in again after the connection was lost', async () => {
    const bastion = keep(await startBastion({ password: 'secret' }));
    const dialer = over([ssh(bastion)], { ways: [{ password: 'secret' }] });
    const stream = await guardedConnect({ dialer, ...local, port });
    const ended = once(stream.resume(), 'close');
    bastion.cut();
    await ended;
    expect(await echoed(dialer)).toBe('hello');
    expect(bastion.connections()).toBe(2);
  });

  it('is one of several steps, in any order', async () => {
    const first = keep(await startBastion({ password: 'one' }));
    const second = keep(await startBastion({ password: 'two' }));
    const socks = keep(await startSocksProxy());
    const proxy = keep(await startConnectProxy());
    const ways: Way[] = [
      { kind: 'socks', ...local, port: socks.port },
      ssh(first),
      { kind: 'proxy', tls: false, ...local, port: proxy.port },
      ssh(second),
    ];
    expect(await echoed(over(ways, { ways: [{}, { password: 'one' }, {}, { password: 'two' }] }))).toBe('hello');
    expect([socks.asked, first.asked, proxy.asked, second.asked]).toEqual(
      [first.port, proxy.port, second.port, port].map((next) => [`127.0.0.1:${next}`]),
    );
  });
});

describe('the guard on the way', () => {
  const strict = createEgressGuard({ allowLoopback: false, allow: [], deny: ['10.0.0.0/8'] });
  const way: Way = { kind: 'proxy', tls: false, host: '127.0.0.1', port: 9 };

  it('judges the first step as what it is: an address that we connect to', async () => {
    const dialer = dialerFor({ guard: strict, ways: [way], secret: async () => ({}) });
    await expect(echoed(dialer, '93.184.216.34')).rejects.toEqual(code('EGRESS_FORBIDDEN'));
  });

  it.each([
    '169.254.169.254',
    '::ffff:a9fe:a9fe',
    '2852039166',
    'metadata.google.internal',
    'METADATA.google.internal.',
    '10.1.2.3',
    'localhost',
  ])('does not ask a proxy for %s', async (host) => {
    const proxy = keep(await startConnectProxy());
    const open = createEgressGuard({ allowLoopback: false, allow: ['127.0.0.1'], deny: ['10.0.0.0/8'] });
    const dialer = dialerFor({ guard: open, ways: [{ ...way, port: proxy.port }], secret: async () => ({}) });
    // The loopback is allowed here, so that the proxy can be reached: localhost is asked for then.
    if (host === 'localhost') return expect(await echoed(dialer, host)).toBe('hello');
    await expect(echoed(dialer, host)).rejects.toEqual(code('EGRESS_FORBIDDEN'));
    expect(proxy.connections()).toBe(0);
  });

  it('lets no host smuggle lines into what is sent to a proxy', async () => {
    const proxy = keep(await startConnectProxy());
    const dialer = over([{ ...way, port: proxy.port }]);
    for (const host of ['a\r\nX: y', 'a b', 'a/b', 'a:80@b', ''])
      await expect(echoed(dialer, host)).rejects.toEqual(code('WAY_HOST_INVALID'));
    expect(proxy.connections()).toBe(0);
  });

  it('gives up when it takes too long, and when it is told to', async () => {
    const mute: Dialer = {
      dial: (_target, signal) => new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error))),
      close: () => undefined,
    };
    await expect(guardedConnect({ dialer: mute, ...local, port: 9, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'CONNECT_TIMEOUT',
    });
    const told = new AbortController();
    const waiting = guardedConnect({ dialer: mute, ...local, port: 9, signal: told.signal });
    told.abort(new Error('told'));
    await expect(waiting).rejects.toThrow('told');
  });
});
