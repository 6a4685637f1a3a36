import { describeStorageReader, describeStorageWriter, type StorageTraits } from '@smartant/connector-testkit';
import { describeIf, startS3, whyNoS3, type S3Kind } from '@smartant/test-servers';
import { openBucket, s3Harness } from './fixtures/s3-harness';

const never = new AbortController().signal;

/** What each server was seen to lack, with these very suites. */
const servers: Partial<Record<S3Kind, StorageTraits>> = {
  sample: {
    // Node hands it header bytes as Latin-1, and it signs those as UTF-8.
    unicodeMetadata: false,
    abilities: [
      'etag-is-md5',
      'conditional-put',
      'conditional-delete',
      'checksum-crc32',
      'content-md5',
      'tags',
      'slash-keys',
      'conditional-complete',
    ],
  },
  minio: {
    // Refuses dot segments, empty segments and segments over 255 bytes; of "n" and "n/b" it lists only the first.
    refusedKeys: ['double//slash', 'a/../up', 'a/./here', '..', 'x'.repeat(1_024), 'n/b'],
    abilities: ['etag-is-md5', 'conditional-put', 'checksum-crc32', 'content-md5', 'tags', 'conditional-complete'],
  },
  versitygw: {
    // Keys are paths of files: "double//slash" is stored as "double/slash"; control characters come back as U+FFFD.
    refusedKeys: ['double//slash', 'a/../up', 'a/./here', '..', 'x'.repeat(1_024), 'n/b', 'folder/', 'control\u0001x'],
    abilities: ['etag-is-md5', 'conditional-put', 'conditional-delete', 'checksum-crc32', 'content-md5', 'tags', 'conditional-complete'],
  },
};

/** With a prefix before it, the longest legal key is too long. */
const underPrefix = (traits: StorageTraits) => ({ ...traits, refusedKeys: [...(traits.refusedKeys ?? []), 'x'.repeat(1_024)] });

for (const [kind, traits] of Object.entries(servers) as [S3Kind, StorageTraits][]) {
  describeIf(whyNoS3(kind), `S3 on ${kind}`, () => {
    describeStorageReader(`S3 on ${kind}`, () => s3Harness(kind), { ...traits, countsRequests: true });
    describeStorageWriter(`S3 on ${kind}`, () => s3Harness(kind, 'to/'), underPrefix(traits));
  });
}

describeStorageReader('S3 under a prefix', () => s3Harness('sample', 'some prefix/ü+%/'), {
  ...underPrefix(servers.sample ?? {}),
  countsRequests: true,
});

describe('a store that lists in another order', () => {
  it('is refused instead of losing keys', async () => {
    const server = await startS3('s3rver');
    try {
      await server.createBucket('unordered');
      const { reader, writer } = openBucket(server, 'unordered');
      for (const key of ['n', 'n/b', 'n-']) await writer!.put(key, Buffer.from(key), { metadata: {}, tags: {} }, { kind: 'any' }, never);
      const work = async () => {
        for await (const _object of reader.list({}, never));
      };
      await expect(work()).rejects.toMatchObject({ code: 'STORAGE_ORDER_UNSUPPORTED' });
      await reader.close();
    } finally {
      await server.stop();
    }
  });
});
