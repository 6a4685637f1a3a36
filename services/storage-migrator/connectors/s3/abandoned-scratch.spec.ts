import { describeIf, startS3, whyNoS3, type S3Kind, type S3Server } from '@smartant/test-servers';
import type { OpenStorageOptions, StorageConnector } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { landingLate } from './fixtures/late-landing';
import { losingAnswers } from './fixtures/losing-answers';
import { openBucket } from './fixtures/s3-harness';
import { listPage } from './object-listing';
import { S3Client } from './s3-client';
import { removeAbandonedScratch } from './abandoned-scratch';
import { isScratch, scratchFolder } from './scratch-folder';

const never = new AbortController().signal;
const plain = { metadata: {}, tags: {} };

it('knows scratch objects by the whole form of their folder', () => {
  for (const prefix of ['', 'to/', 'to']) expect(isScratch(`${prefix}${scratchFolder()}/n/b`)).toBe(true);
  for (const key of ['.smartant-trial-notes', '.smartant-trial-probe_12/first', scratchFolder()]) expect(isScratch(key)).toBe(false);
});

for (const kind of ['sample', 'minio', 'versitygw'] as S3Kind[]) {
  describeIf(whyNoS3(kind), `scratch objects on ${kind}`, () => {
    let server: S3Server;
    let raw: S3Client;
    const clientFor = (prefix: string) => {
      const { serviceUrl, region, accessKeyId, secretAccessKey } = server;
      const secret = async () => ({ kind: 's3' as const, accessKeyId, secretAccessKey });
      return new S3Client({ kind: 's3', serviceUrl, region, bucket: 'trials', prefix, addressing: 'path' }, { secret }, {});
    };
    const opened: StorageConnector[] = [];
    beforeAll(async () => {
      server = await startS3(kind);
      await server.createBucket('trials');
      raw = clientFor('');
    });
    afterAll(async () => {
      await Promise.all(opened.map(({ reader }) => reader.close()));
      await raw?.close();
      await server?.stop();
    });
    const open = (options: Partial<OpenStorageOptions> = {}, prefix = '', serviceUrl = server.serviceUrl) => {
      const connector = openBucket(server, 'trials', options, { prefix, serviceUrl });
      opened.push(connector);
      return connector;
    };
    const everything = async () => (await listPage(raw, { scratch: true }, never)).objects.map(({ key }) => key);
    const listed = async () => {
      const keys: string[] = [];
      for await (const { key } of open().reader.list({}, never)) keys.push(key);
      return keys;
    };

    it('are removed by the next trial when the store went away before the first could', async () => {
      let away = false;
      const down = new SmartantError('STORAGE_UNREACHABLE', 'The store is away.', { kind: 'unavailable', retry: { kind: 'never' } });
      const admit = async () => {
        if (away) throw down;
        // Right after its first object.
        away = (await everything()).some((key) => key.startsWith('cut/'));
        if (away) throw down;
      };
      const { writer } = open({ admit }, 'cut/');
      await writer!.tryWriting(never).catch(() => undefined);
      expect(await everything()).toEqual([expect.stringMatching(/^cut\/.*\/first$/)]);
      await open({}, 'cut/').writer!.tryWriting(never);
      expect(await everything()).toEqual([]);
    });

    it('are not listed, and are removed once their trial must be dead', async () => {
      const { writer } = open({}, 'to/');
      const folder = scratchFolder();
      const mine = '.smartant-trial-notes';
      for (const key of [`${folder}/first`, `${folder}/n`, mine]) await writer!.put(key, Buffer.from('x'), plain, { kind: 'any' }, never);
      expect(await listed()).toEqual([`to/${mine}`]);
      await writer!.tryWriting(never);
      // They are too young: their trial may be going on in another process.
      expect(await everything()).toHaveLength(3);
      await writer!.beginMultipart(`${folder}/parts`, plain, never);
      const under = clientFor('to/');
      await removeAbandonedScratch({ client: under, writer: writer! }, never, -60_000);
      await under.close();
      expect(await everything()).toEqual([`to/${mine}`]);
      expect(await writer!.uploadsOf!(`${folder}/parts`, never)).toEqual([]);
      await writer!.remove([mine], never);
    });

    it.each([
      ['was lost once', false],
      ['is lost until the trial is cancelled', true],
    ])('are gone, uploads too, when the answer to the beginning of one %s', async (_, isCancelled) => {
      const controller = new AbortController();
      const lost: string[] = [];
      const front = await losingAnswers(server.serviceUrl, ({ method, url }) => {
        const { pathname, searchParams } = new URL(url ?? '', 'http://front');
        if (method !== 'POST' || !searchParams.has('uploads') || (lost.length > 0 && !isCancelled)) return false;
        lost.push(decodeURIComponent(pathname.replace('/trials/', '')));
        if (isCancelled) setTimeout(() => controller.abort(new Error('changed')), 100);
        return true;
      });
      const trial = open({}, 'lost/', front.url).writer!.tryWriting(controller.signal);
      if (isCancelled) await expect(trial).rejects.toMatchObject({ code: 'CANCELLED' });
      else expect((await trial).problems).toEqual([]);
      await front.close();
      expect(lost).not.toEqual([]);
      for (const key of lost) expect(await open().writer!.uploadsOf!(key, never)).toEqual([]);
      expect(await everything()).toEqual([]);
    });

    it.each(kind === 'sample' ? ['first', 'parts', 'tags'] : ['first'])(
      'are removed when the write of "%s" lands after its trial is over',
      async (name) => {
        let isKept = false;
        const front = await landingLate(server.serviceUrl, ({ method, url }) => {
          const { pathname, searchParams } = new URL(url ?? '', 'http://front');
          const writes = name === 'parts' ? method === 'POST' && searchParams.has('uploadId') : method === 'PUT' && searchParams.size === 0;
          const hit = !isKept && writes && pathname.endsWith(`/${name}`);
          isKept ||= hit;
          return hit;
        });
        const { writer } = open({}, 'late/', front.url);
        expect((await writer!.tryWriting(never)).problems).toEqual([]);
        expect(isKept).toBe(true);
        expect(await everything()).toEqual([]);
        const [status] = await front.land();
        // An upload can be completed once; a PUT lands whenever it does.
        if (name !== 'parts') expect(status).toBe(200);
        await writer!.removeTrials!(never);
        expect(await everything()).toEqual([]);
        await front.close();
      },
    );

    it.each([2, 3, 5, 8, 12, 16])('are gone after a cancellation during request %i', async (request) => {
      const controller = new AbortController();
      let requests = 0;
      const admit = async () => {
        requests += 1;
        if (requests === request) setImmediate(() => controller.abort(new Error('changed')));
      };
      const trial = open({ admit }).writer!.tryWriting(controller.signal);
      await expect(trial).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await everything()).toEqual([]);
    });
  });
}
