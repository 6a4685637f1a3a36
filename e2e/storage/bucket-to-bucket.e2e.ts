import { describeIf, whyNoS3, startS3, type S3Kind, type S3Server } from '@smartant/test-servers';
import { Bucket, fill } from '../platform/bucket';
import { EmbeddedPlatform } from '../platform/embedded-platform';
import { HOSTILE_KEYS } from './hostile-keys';

const SMALL_OBJECTS = 5_000;
const SMALL_BYTES = 4_096;

const bodyOf = (index: number): Buffer => Buffer.alloc(index === 0 ? 0 : SMALL_BYTES, `object ${index};`);

const pairs: [S3Kind, S3Kind][] = [
  ['sample', 'sample'],
  ['minio', 'versitygw'],
  ['versitygw', 'minio'],
];

describe.each(pairs)('%s to %s', (sourceKind, targetKind) => {
  describeIf(whyNoS3(sourceKind) ?? whyNoS3(targetKind), `${sourceKind} to ${targetKind}`, () => {
    const platform = new EmbeddedPlatform();
    let servers: S3Server[] = [];
    let source: Bucket;
    let target: Bucket;

    beforeAll(async () => {
      servers = await Promise.all([startS3(sourceKind), startS3(targetKind)]);
      await platform.start();
    });
    beforeEach(async () => {
      const name = `b${Date.now().toString(36)}`;
      for (const server of servers) await server.createBucket(name);
      source = new Bucket(servers[0]!, name);
      target = new Bucket(servers[1]!, name);
    });
    afterAll(async () => {
      await platform.dispose();
      await Promise.all(servers.map((server) => server.stop()));
    });

    const migrate = (...more: string[]) =>
      platform.cli(['migrate', source.url(), target.url(), '--yes', '--watch', ...more], {
        ...source.environment('SOURCE'),
        ...target.environment('TARGET'),
      });

    it(`moves ${SMALL_OBJECTS} small objects, and proves it`, async () => {
      await fill(source, SMALL_OBJECTS, (index) => ({ key: `d${index % 17}/object-${index}`, body: bodyOf(index) }));
      const result = await migrate();
      expect(result).toMatchObject({ status: 0 });
      expect(await target.contents()).toEqual(await source.contents());
    }, 300_000);

    it('keeps hostile keys, tags, metadata and headers', async () => {
      const accepted: string[] = [];
      for (const key of HOSTILE_KEYS) {
        try {
          await source.put(key, `content of ${key}`, {
            ContentType: 'text/x-hostile; charset=utf-8',
            CacheControl: 'max-age=60, private',
            ContentDisposition: 'attachment; filename="a b.txt"',
            ContentLanguage: 'de-CH',
            Metadata: { 'owner-name': 'J. Doe', mtime: '1700000000.123456789' },
            Tagging: 'team=red%20fox&sla=a%2Bb',
          });
          accepted.push(key);
        } catch {
          // this server has no such key
        }
      }
      expect(accepted.length).toBeGreaterThan(15);
      const before = await source.contents();
      const result = await migrate();
      const [after, arrived] = [await source.contents(), await target.contents()];
      expect(after).toEqual(before);
      if (targetKind === 'sample' || sourceKind === targetKind) {
        expect(result).toMatchObject({ status: 0 });
        expect(arrived).toEqual(before);
      } else {
        // A target that cannot hold a key must be said so, never passed over: differences, and everything else arrived.
        const missing = [...before.keys()].filter((key) => !arrived.has(key));
        expect(result.status).toBe(missing.length === 0 ? 0 : 3);
        for (const [key, object] of arrived) expect([key, object]).toEqual([key, before.get(key)]);
      }
    }, 120_000);
  });
});
