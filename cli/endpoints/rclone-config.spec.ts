import { importRcloneConfig } from './rclone-config';

const CONFIG = `
# rclone
[minio]
type = s3
provider = Minio
access_key_id = AK
secret_access_key = SK=with=equals
endpoint = http://127.0.0.1:9000
region = eu-1

[aws]
type = s3
provider = AWS
access_key_id = AK2
secret_access_key = SK2
session_token = T

[photos]
type = alias
remote = minio:photos/2026

[env]
type = s3
env_auth = true

[bare]
type = s3
provider = Ceph
access_key_id = a
secret_access_key = b
endpoint = ceph.example.com
force_path_style = false

[nowhere]
type = s3
provider = Wasabi
access_key_id = a
secret_access_key = b

[box]
type = dropbox
token = {"access_token":"x"}

[gone]
type = alias
remote = missing:x
`;

describe('importRcloneConfig', () => {
  const imported = (buckets: [string, string][] = []) =>
    new Map(importRcloneConfig(CONFIG, new Map(buckets)).map((each) => [each.name, each]));

  it('takes the bucket from an alias', () => {
    expect(imported().get('photos')).toEqual({
      name: 'photos',
      endpoint: {
        location: {
          kind: 's3',
          serviceUrl: 'http://127.0.0.1:9000',
          region: 'eu-1',
          bucket: 'photos',
          prefix: '2026/',
          addressing: 'path',
        },
        secret: { kind: 's3', accessKeyId: 'AK', secretAccessKey: 'SK=with=equals', sessionToken: undefined },
      },
    });
  });

  it('takes the bucket that is named for a remote, or for all', () => {
    const some = imported([
      ['minio', 'a/b'],
      ['*', 'rest'],
    ]);
    expect(some.get('minio')).toMatchObject({ endpoint: { location: { bucket: 'a', prefix: 'b/' } } });
    expect(some.get('aws')).toMatchObject({
      endpoint: { location: { bucket: 'rest', prefix: '', serviceUrl: '', addressing: 'virtual' }, secret: { sessionToken: 'T' } },
    });
    expect(some.get('bare')).toMatchObject({ endpoint: { location: { serviceUrl: 'https://ceph.example.com', addressing: 'virtual' } } });
  });

  it.each([
    ['minio', /--bucket minio=BUCKET/],
    ['box', /"dropbox"/],
    ['gone', /not an S3 remote/],
  ])('says why it skips %s', (name, why) => {
    expect(imported().get(name)).toEqual({ name, skipped: expect.stringMatching(why) });
  });

  it('skips remotes without keys or address', () => {
    const some = imported([['*', 'x']]);
    expect(some.get('env')).toMatchObject({ skipped: expect.stringContaining('environment') });
    expect(some.get('nowhere')).toMatchObject({ skipped: expect.stringContaining('Wasabi') });
  });

  it('refuses an encrypted file', () => {
    expect(() => importRcloneConfig('# Encrypted\n\nRCLONE_ENCRYPT_V0:\nabc', new Map())).toThrow(
      expect.objectContaining({ code: 'CLI_RCLONE_ENCRYPTED' }),
    );
  });
});
