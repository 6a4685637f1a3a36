import type { EndpointLocation } from './endpoint';
import { assertDisjoint, assertWritable, describeLocation } from './endpoint-overlap';
import { assertEndpointValid, assertFileRootValid } from './endpoint-rules';

const s3 = (over: Partial<Extract<EndpointLocation, { kind: 's3' }>> = {}): EndpointLocation => ({
  kind: 's3',
  serviceUrl: 'http://localhost:9000',
  region: 'us-east-1',
  bucket: 'data',
  prefix: '',
  addressing: 'path',
  ...over,
});
const postgres = (over: Partial<Extract<EndpointLocation, { kind: 'postgres' }>> = {}): EndpointLocation => ({
  kind: 'postgres',
  host: 'db.example.com',
  port: 5_432,
  database: 'shop',
  user: 'mover',
  tlsMode: 'verify-full',
  ...over,
});
const password = { kind: 'password' as const, password: 'x' };
const secret = { kind: 's3' as const, accessKeyId: 'a', secretAccessKey: 'b' };

describe('overlap of source and target', () => {
  it.each([
    ['itself', {}, {}, 'MIGRATION_SOURCE_IS_TARGET'],
    [
      'itself by another name of the host',
      {},
      { serviceUrl: 'http://127.0.0.1:9000/', addressing: 'virtual' as const },
      'MIGRATION_SOURCE_IS_TARGET',
    ],
    [
      'AWS by region and by host',
      { serviceUrl: '' },
      { serviceUrl: 'https://s3.eu-central-1.amazonaws.com' },
      'MIGRATION_SOURCE_IS_TARGET',
    ],
    ['a prefix inside the source', {}, { prefix: 'in/' }, 'MIGRATION_OVERLAP'],
    ['a prefix that contains the source', { prefix: 'ab' }, { prefix: 'a' }, 'MIGRATION_OVERLAP'],
  ])('refuses %s', (_name, source, target, code) => {
    expect(() => assertDisjoint(s3(source), s3(target))).toThrow(expect.objectContaining({ code, kind: 'invalid' }));
  });

  it.each([
    ['itself', {}, {}],
    ['itself by another spelling of the host', {}, { host: 'DB.example.com.', user: 'other' }],
    ['itself by another name of the loopback', { host: 'localhost' }, { host: '127.0.0.1' }],
    ['itself by one socket', { host: '/run/postgresql' }, { host: '/run/postgresql/' }],
  ])('refuses a database migrated to %s', (_name, source, target) => {
    expect(() => assertDisjoint(postgres(source), postgres(target))).toThrow(
      expect.objectContaining({ code: 'MIGRATION_SOURCE_IS_TARGET', kind: 'invalid' }),
    );
  });

  it.each([
    ['another database', { database: 'Shop' }],
    ['another port', { port: 5_433 }],
    ['another socket', { host: '/run/other' }],
    ['another way', { via: [{ kind: 'socks' as const, host: 'proxy', port: 1_080 }] }],
  ])('allows %s', (_name, target) => {
    expect(() => assertDisjoint(postgres(), postgres(target))).not.toThrow();
  });

  it('says where a database is, and never more', () => {
    expect(describeLocation(postgres({ host: '::1', user: 'a@b', database: 'x/y' }))).toBe('postgres://a%40b@[::1]:5432/x%2Fy');
    expect(describeLocation(postgres({ host: '/run/postgresql' }))).toBe('postgres://mover@/shop?host=/run/postgresql&port=5432');
  });

  it.each([
    ['another bucket', { bucket: 'other' }],
    ['another port', { serviceUrl: 'http://localhost:9001' }],
  ])('allows %s', (_name, target) => {
    expect(() => assertDisjoint(s3(), s3(target))).not.toThrow();
  });

  it('allows prefixes side by side', () => {
    expect(() => assertDisjoint(s3({ prefix: 'a/' }), s3({ prefix: 'b/' }))).not.toThrow();
  });

  it('refuses a file root as the target', () => {
    expect(() => assertWritable({ kind: 'file', root: 'r', path: '' })).toThrow(
      expect.objectContaining({ code: 'MIGRATION_TARGET_READ_ONLY' }),
    );
    expect(describeLocation(s3({ prefix: 'p/' }))).toBe('s3://data/p/ at http://localhost:9000');
  });
});

describe('an endpoint', () => {
  it('passes when right', () => {
    expect(() => assertEndpointValid({ name: 'prod-1', location: s3(), secret })).not.toThrow();
    expect(() => assertEndpointValid({ location: { kind: 'file', root: 'r', path: 'a/b' }, secret: { kind: 'none' } })).not.toThrow();
    expect(() => assertEndpointValid({ location: postgres(), secret: password })).not.toThrow();
    const socket = postgres({ host: '/var/run/postgresql', tlsMode: 'disable' });
    expect(() => assertEndpointValid({ location: socket, secret: { kind: 'none' } })).not.toThrow();
  });

  it.each([
    [{ location: s3({ serviceUrl: 'ftp://x' }), secret }, 'location.serviceUrl'],
    [{ location: s3({ serviceUrl: 'nonsense' }), secret }, 'location.serviceUrl'],
    [{ location: s3({ serviceUrl: 'http://u:p@x' }), secret }, 'location.serviceUrl'],
    [{ location: s3({ serviceUrl: 'http://x/path' }), secret }, 'location.serviceUrl'],
    [{ location: s3({ bucket: 'a/b' }), secret }, 'location.bucket'],
    [{ location: s3({ prefix: 'a\0b' }), secret }, 'location.prefix'],
    [{ location: s3({ prefix: '\ud800' }), secret }, 'location.prefix'],
    [{ location: { kind: 'file' as const, root: 'r', path: 'a\udfff' }, secret: { kind: 'none' as const } }, 'location.path'],
    [{ location: s3({ region: '' }), secret }, 'location.region'],
    [{ location: s3(), secret: { kind: 'none' as const } }, 'secret.kind'],
    [{ location: s3(), secret: { ...secret, accessKeyId: '' } }, 'secret.accessKeyId'],
    [{ name: 'a b', location: s3(), secret }, 'name'],
    [{ location: postgres({ host: 'a b' }), secret: password }, 'location.host'],
    [{ location: postgres({ host: 'db:5432' }), secret: password }, 'location.host'],
    [{ location: postgres({ host: '/run/../etc', tlsMode: 'disable' }), secret: password }, 'location.host'],
    [{ location: postgres({ port: 0 }), secret: password }, 'location.port'],
    [{ location: postgres({ database: '' }), secret: password }, 'location.database'],
    [{ location: postgres({ user: 'é'.repeat(32) }), secret: password }, 'location.user'],
    [{ location: postgres({ host: '/run/postgresql' }), secret: password }, 'location.tlsMode'],
    [{ location: postgres({ tlsMode: 'disable', tls: { serverName: 'x' } }), secret: password }, 'location.tlsMode'],
    [{ location: postgres(), secret }, 'secret.kind'],
    [{ location: s3(), secret: password }, 'secret.kind'],
    [{ location: postgres(), secret: { ...password, password: '' } }, 'secret.password'],
    [{ location: { kind: 'file' as const, root: 'r', path: '../etc' }, secret: { kind: 'none' as const } }, 'location.path'],
    [{ location: { kind: 'file' as const, root: 'r', path: '/etc' }, secret: { kind: 'none' as const } }, 'location.path'],
  ])('is refused with its field: %#', (input, field) => {
    expect(() => assertEndpointValid(input)).toThrow(
      expect.objectContaining({
        code: 'ENDPOINT_INVALID',
        fields: [expect.objectContaining({ field })],
        hint: expect.not.stringContaining(`${field}:`),
      }),
    );
  });
});

describe('a file root', () => {
  it.each(['/', 'relative', '/a/../b', '/a//b', '/a/', '/a\0b'])('is refused at %j', (path) => {
    expect(() => assertFileRootValid({ name: 'r', path })).toThrow(expect.objectContaining({ code: 'FILE_ROOT_INVALID' }));
  });

  it('may be any other absolute path', () => {
    expect(() => assertFileRootValid({ name: 'r', path: '/srv/my data' })).not.toThrow();
  });
});
