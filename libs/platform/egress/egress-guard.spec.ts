import { createServer, get, type RequestOptions } from 'node:http';
import { createServer as createTlsServer, get as getTls } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { testAuthority } from '@smartant/test-servers';
import { createEgressGuard, guardedAgents, type EgressSettings } from './index';

const cluster: EgressSettings = { allowLoopback: false, allow: [], deny: ['10.96.0.0/12', 'fd00::/8'] };
const embedded: EgressSettings = { allowLoopback: true, allow: [], deny: [] };

async function verdict(settings: EgressSettings, host: string): Promise<string> {
  return createEgressGuard(settings)
    .assertAllowed(host)
    .then(
      () => 'allowed',
      (error: { code: string }) => error.code,
    );
}

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.01',
    '127.0.0.1.',
    '0.0.0.0',
    '0',
    '::1',
    '[::1]',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ])('%s is the loopback: denied in a cluster, allowed when embedded', async (host) => {
    expect(await verdict(cluster, host)).toBe('EGRESS_FORBIDDEN');
    if (!host.includes(':') || /^\[?::1|^::f/.test(host)) expect(await verdict(embedded, host)).toBe('allowed');
  });

  it.each([
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
  ])('%s is denied everywhere', async (host) => {
    expect(await verdict(cluster, host)).toBe('EGRESS_FORBIDDEN');
    expect(await verdict(embedded, host)).toBe('EGRESS_FORBIDDEN');
  });

  it.each(['8.8.8.8', '192.168.1.10', '10.0.0.5', '2001:4860:4860::8888'])('%s may be a source or a target', async (host) => {
    expect(await verdict(cluster, host)).toBe('allowed');
  });

  it('denies the ranges of the cluster, also inside IPv6', async () => {
    for (const host of ['10.96.0.1', '::ffff:10.96.0.1', 'fd12::1', '174063617'])
      expect(await verdict(cluster, host)).toBe('EGRESS_FORBIDDEN');
  });

  it('lets the longest prefix decide, and an allowance must be as narrow as the denial', async () => {
    const settings = { allowLoopback: false, allow: ['0.0.0.0/0', '10.96.7.0/24', '169.254.7.7'], deny: ['10.96.0.0/12', '10.96.7.9/32'] };
    expect(await verdict(settings, '10.96.7.1')).toBe('allowed');
    expect(await verdict(settings, '10.96.7.9')).toBe('EGRESS_FORBIDDEN');
    expect(await verdict(settings, '10.96.8.1')).toBe('EGRESS_FORBIDDEN');
    expect(await verdict(settings, '169.254.7.7')).toBe('allowed');
    expect(await verdict(settings, '169.254.169.254')).toBe('EGRESS_FORBIDDEN');
    expect(await verdict({ ...settings, deny: ['169.254.7.7'] }, '169.254.7.7')).toBe('EGRESS_FORBIDDEN');
  });
});

describe('names', () => {
  it('judges every address of a name', async () => {
    expect(await verdict(cluster, 'localhost')).toBe('EGRESS_FORBIDDEN');
    expect(await verdict(embedded, 'localhost')).toBe('allowed');
    expect(await verdict(cluster, 'no-such-host.invalid')).toBe('EGRESS_NAME_UNKNOWN');
  });

  it('refuses a name that is rebound between the check and the connection', async () => {
    const answers = [[{ address: '93.184.216.34', family: 4 }], [{ address: '169.254.169.254', family: 4 }]];
    const guard = createEgressGuard(cluster, { resolve: (_name, _options, callback) => callback(null, answers.shift() ?? []) });
    await guard.assertAllowed('rebind.example.com');
    const socket = connect({ host: 'rebind.example.com', port: 80, lookup: guard.lookup as never });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
  });

  it('leaves out the denied addresses of a name that also has allowed ones', async () => {
    const resolve = (_name: string, _options: unknown, callback: (error: null, addresses: { address: string; family: number }[]) => void) =>
      callback(null, [
        { address: '169.254.169.254', family: 4 },
        { address: '93.184.216.34', family: 4 },
      ]);
    const { lookup } = createEgressGuard(cluster, { resolve });
    const all = await new Promise((done) => lookup('mixed.example.com', { all: true }, (_error, addresses) => done(addresses)));
    const one = await new Promise((done) => lookup('mixed.example.com', {}, (_error, address, family) => done([address, family])));
    expect(all).toEqual([{ address: '93.184.216.34', family: 4 }]);
    expect(one).toEqual(['93.184.216.34', 4]);
  });
});

describe('guardedAgents', () => {
  async function request(settings: EgressSettings, host: string, port: number): Promise<string> {
    const { httpAgent } = guardedAgents(createEgressGuard(settings));
    const options: RequestOptions = { host, port, agent: httpAgent };
    return new Promise((resolve) => {
      try {
        get(options, (response) => resolve(String(response.resume().statusCode))).on('error', (error: { code?: string }) =>
          resolve(String(error.code)),
        );
      } catch (error) {
        resolve((error as { code: string }).code);
      }
    });
  }

  it('judges literal addresses and names when the connection is made', async () => {
    const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const host of ['127.0.0.1', 'localhost', '127.1']) {
      expect(await request(embedded, host, port)).toBe('200');
      expect(await request(cluster, host, port)).toBe('EGRESS_FORBIDDEN');
    }
    server.closeAllConnections();
    server.close();
  });

  it('speaks TLS over what was judged, with the options of the agent', async () => {
    const authority = await testAuthority();
    const server = createTlsServer(await authority.issue(['localhost']), (_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (settings: EgressSettings, ca?: string) =>
      new Promise((resolve) => {
        const { httpsAgent } = guardedAgents(createEgressGuard(settings), { ca });
        getTls({ host: 'localhost', port, agent: httpsAgent }, (response) => resolve(response.resume().statusCode)).on(
          'error',
          (error: { code?: string }) => resolve(error.code),
        );
      });
    expect(await ask(embedded, authority.caPem)).toBe(200);
    expect(await ask(embedded)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await ask(cluster, authority.caPem)).toBe('EGRESS_FORBIDDEN');
    server.closeAllConnections();
    server.close();
  });
});
