import type { NetworkSecret, Way } from '@smartant/connectors';
import type { EndpointLocation } from './endpoint';
import { assertDisjoint } from './endpoint-overlap';
import { networkErrors } from './network-rules';

type S3 = Extract<EndpointLocation, { kind: 's3' }>;
const s3 = (more: Partial<S3> = {}): S3 => ({
  ...{ kind: 's3', serviceUrl: 'https://s3.example', region: 'r', bucket: 'b', prefix: '', addressing: 'path' },
  ...more,
});
const ssh: Way = { kind: 'ssh', host: 'bastion', port: 22, user: 'ann', hostKeys: ['SHA256:x'] };
const proxy: Way = { kind: 'proxy', host: 'proxy', port: 3_128, tls: false };
const clientCertificate = { certificatePem: 'c', privateKeyPem: 'k' };
const fields = (location: EndpointLocation, network?: NetworkSecret) => networkErrors(location, network).map(({ field }) => field);

it('accepts what fits together', () => {
  expect(fields(s3())).toEqual([]);
  expect(fields(s3({ via: [proxy, ssh] }), { ways: [{}, { password: 'x' }] })).toEqual([]);
  expect(fields(s3({ tls: { minVersion: 'TLSv1.3' } }), { clientCertificate })).toEqual([]);
  expect(fields({ kind: 'file', root: 'r', path: '' })).toEqual([]);
});

it.each<[string, EndpointLocation, NetworkSecret | undefined, string[]]>([
  ['a chain that is too long', s3({ via: [proxy, proxy, proxy, proxy, proxy] }), undefined, ['location.via']],
  ['more secrets than steps', s3({ via: [proxy] }), { ways: [{}, {}] }, ['secret.network.ways']],
  ['a bastion without a secret', s3({ via: [ssh] }), undefined, ['secret.network.ways.0']],
  ['a bastion without a pinned key', s3({ via: [{ ...ssh, hostKeys: [] }] }), { ways: [{ password: 'x' }] }, ['location.via.0.hostKeys']],
  ['a password without a user', s3({ via: [proxy] }), { ways: [{ password: 'x' }] }, ['location.via.0.user']],
  ['a key for a proxy', s3({ via: [proxy] }), { ways: [{ privateKeyPem: 'x' }] }, ['secret.network.ways.0.privateKeyPem']],
  ['TLS settings over plain HTTP', s3({ serviceUrl: 'http://s3.example', tls: {} }), undefined, ['location.serviceUrl']],
  ['a client certificate over plain HTTP', s3({ serviceUrl: 'http://s3.example' }), { clientCertificate }, ['location.serviceUrl']],
  ['a client certificate of a file root', { kind: 'file', root: 'r', path: '' }, { clientCertificate }, ['secret.network']],
])('refuses %s', (_name, location, network, expected) => {
  expect(fields(location, network)).toEqual(expected);
});

it('takes one address over two ways for two places, and over one way for one', () => {
  const over = (host: string) => s3({ via: [{ ...ssh, host }] });
  expect(() => assertDisjoint(over('a'), over('b'))).not.toThrow();
  expect(() => assertDisjoint(over('a'), s3())).not.toThrow();
  expect(() => assertDisjoint(over('a'), over('A'))).toThrow(expect.objectContaining({ code: 'MIGRATION_SOURCE_IS_TARGET' }));
});
