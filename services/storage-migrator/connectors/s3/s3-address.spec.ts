import { describeIf, startS3, whyNoS3 } from '@smartant/test-servers';
import { createOpenStorage } from '../connectors';
import { s3Address, type S3Location } from './s3-address';

const location: S3Location = { kind: 's3', serviceUrl: 'https://s3.example', region: 'r', bucket: 'b.c', prefix: '', addressing: 'path' };
const never = new AbortController().signal;

describe('s3Address', () => {
  it('puts the bucket into the path or before the host', () => {
    const path = s3Address(location);
    expect([path.origin, path.host, path.path(), path.path('k')]).toEqual(['https://s3.example', 's3.example', '/b.c', '/b.c/k']);
    const virtual = s3Address({ ...location, addressing: 'virtual', serviceUrl: 'http://s3.example:9000' });
    expect([virtual.origin, virtual.host, virtual.hostname, virtual.path(), virtual.path('k')]).toEqual([
      'http://b.c.s3.example:9000',
      'b.c.s3.example:9000',
      'b.c.s3.example',
      '/',
      '/k',
    ]);
  });

  it('keeps a path of the service, and literal addresses', () => {
    const address = s3Address({ ...location, serviceUrl: 'http://[::1]:9000/gateway/' });
    expect([address.hostname, address.path('k')]).toEqual(['::1', '/gateway/b.c/k']);
  });

  it('leaves hostile keys as they are', () => {
    const { path } = s3Address(location);
    expect(['a//b', '../x', 'a/', 'a b+c%', "!*'()"].map((key) => path(key))).toEqual([
      '/b.c/a//b',
      '/b.c/../x',
      '/b.c/a/',
      '/b.c/a%20b%2Bc%25',
      '/b.c/%21%2A%27%28%29',
    ]);
  });

  it.each(['ftp://x', 'not a url', 'http://user:secret@x', 'http://x/?a=b', 'http://x/#f', ''])(
    'refuses the service URL %p',
    (serviceUrl) => {
      expect(() => s3Address({ ...location, serviceUrl })).toThrow(expect.objectContaining({ code: 'STORAGE_ADDRESS_INVALID' }));
    },
  );

  it('refuses a key that is not Unicode', () => {
    expect(() => s3Address(location).path('a\ud800')).toThrow(expect.objectContaining({ code: 'STORAGE_KEY_INVALID' }));
  });
});

describeIf(whyNoS3('minio'), 'virtual-host addressing', () => {
  it('reaches a bucket by its host name, through the given lookup', async () => {
    const server = await startS3('minio');
    try {
      await server.createBucket('virtual');
      const asked = new Set<string>();
      const open = createOpenStorage({
        lookup: (hostname, options, callback) => {
          asked.add(hostname);
          if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
          else callback(null, '127.0.0.1', 4);
        },
      });
      const serviceUrl = `http://s3.test:${new URL(server.serviceUrl).port}`;
      const secret = { kind: 's3' as const, accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
      const { reader, writer } = open(
        { ...location, serviceUrl, region: server.region, bucket: 'virtual', addressing: 'virtual' },
        { secret: async () => secret },
      );
      await writer!.put('a b/ü', Buffer.from('x'), { metadata: {}, tags: {} }, { kind: 'absent' }, never);
      expect((await reader.probe(never)).abilities).toContain('etag-is-md5');
      expect([...asked]).toEqual(['virtual.s3.test']);
      await reader.close();
    } finally {
      await server.stop();
    }
  });
});
