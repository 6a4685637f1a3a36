import { createEgressGuard } from '@smartant/platform/egress';
import type { Way } from '@smartant/connectors';
import type { Endpoint, EndpointSecret } from '../../domain/endpoint/endpoint';
import type { Stores } from '../ports/unit-of-work';
import { admitEndpoint } from './admit-endpoint';

const guard = createEgressGuard({ allowLoopback: false, allow: [], deny: ['10.96.0.0/12'] });
/** What is sealed is kept to be looked at. */
let sealed = '';
const vault = {
  seal: async (_context: unknown, secret: Buffer) => (sealed = secret.toString()),
} as never;

let areGoneForWays = async () => true;
afterEach(() => {
  areGoneForWays = async () => true;
});

const proxy = (host: string): Way => ({ kind: 'proxy', host, port: 3_128, tls: false });
const bastion = (host: string): Way => ({ kind: 'ssh', host, port: 22, user: 'ann', hostKeys: ['SHA256:x'] });

function admit(serviceUrl: string, via: Way[], secret: EndpointSecret = { kind: 's3', accessKeyId: 'a', secretAccessKey: 'b' }) {
  const location = { kind: 's3', serviceUrl, region: 'r', bucket: 'bucket', prefix: '', addressing: 'path', via } as const;
  const endpoint: Endpoint = { id: 'ep', workspaceId: 'ws', name: 'e', location, ownedByMigrationId: null, createdAt: '', updatedAt: '' };
  const ways = via.map(({ kind }) => (kind === 'ssh' ? { password: 'pw' } : {}));
  return admitEndpoint({} as Stores, endpoint, { ...secret, network: { ways } }, { vault, addresses: guard, older: { areGoneForWays } });
}

it.each<[string, string, Way[], string]>([
  ['the endpoint itself', 'http://10.96.0.1', [], 'location.serviceUrl'],
  ['a first step', 'https://8.8.8.8', [proxy('10.96.0.1')], 'location.via.0.host'],
  ['a second step', 'https://8.8.8.8', [proxy('8.8.4.4'), bastion('169.254.169.254')], 'location.via.1.host'],
  ['an endpoint behind a proxy', 'http://169.254.169.254', [proxy('8.8.4.4')], 'location.serviceUrl'],
  ['a metadata name behind a bastion', 'http://metadata.google.internal', [bastion('8.8.4.4')], 'location.serviceUrl'],
  ['the loopback of a proxy', 'http://127.0.0.1:9000', [proxy('8.8.4.4')], 'location.serviceUrl'],
])('refuses %s by its address, and names the field', async (_name, serviceUrl, via, field) => {
  await expect(admit(serviceUrl, via)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN', fields: [{ field }] });
});

it.each([
  ['an inner address', '10.96.0.1'],
  ['a metadata service', '169.254.169.254'],
  ['the loopback', '127.0.0.1'],
  ['a name of the loopback', 'localhost'],
  ['a socket, which is on this machine', '/run/postgresql'],
])('refuses a database at %s', async (_name, host) => {
  const tlsMode = host.startsWith('/') ? 'disable' : 'verify-full';
  const location = { kind: 'postgres', host, port: 5_432, database: 'd', user: 'u', tlsMode } as const;
  const endpoint: Endpoint = { id: 'ep', workspaceId: 'ws', name: 'e', location, ownedByMigrationId: null, createdAt: '', updatedAt: '' };
  const admission = { vault, addresses: guard, older: { areGoneForWays } };
  await expect(admitEndpoint({} as Stores, endpoint, { kind: 'password', password: 'x' }, admission)).rejects.toMatchObject({
    code: 'EGRESS_FORBIDDEN',
    fields: [{ field: 'location.host' }],
  });
});

it('takes the loopback of a bastion, and names that only the far side knows', async () => {
  await admit('http://127.0.0.1:9000', [bastion('8.8.4.4')]);
  await admit('http://minio.inner.example:9000', [proxy('8.8.4.4')]);
});

it('takes no way while a program runs that would leave it out, and anything else', async () => {
  areGoneForWays = async () => false;
  await expect(admit('https://8.8.8.8', [proxy('8.8.4.4')])).rejects.toMatchObject({ code: 'ENDPOINT_NEEDS_UPGRADE', retryable: true });
  await admit('https://8.8.8.8', []);
});

it('seals the secrets of the way with those of the endpoint', async () => {
  await admit('https://8.8.8.8', [bastion('8.8.4.4')]);
  expect(JSON.parse(sealed)).toMatchObject({ accessKeyId: 'a', network: { ways: [{ password: 'pw' }] } });
});
