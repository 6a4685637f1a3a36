import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StorageConnector } from '@smartant/connectors';
import { describeIf, startS3, whyNoS3, type S3Server } from '@smartant/test-servers';
import { openBucket } from '../../connectors/s3/fixtures/s3-harness';
import { listPage } from '../../connectors/s3/object-listing';
import { S3Client } from '../../connectors/s3/s3-client';
import type { StorageScope } from '../../domain/run';
import { precheck } from './precheck';
import { assertNotSameStore } from './same-store';

const never = new AbortController().signal;
const plain = { metadata: {}, tags: {} };
const scope: StorageScope = {
  include: [],
  exclude: [],
  filesFrom: [],
  deletePolicy: 'propagate',
  maxDeletes: 10,
  symlinks: 'skip',
  directoryMarkers: true,
  verify: 'content',
  quarantineCap: 0,
  partSizeBytes: 0,
};

describeIf(whyNoS3('sample'), 'source and target under two addresses', () => {
  let servers: S3Server[];
  const opened: StorageConnector[] = [];

  beforeAll(async () => {
    servers = await Promise.all([startS3('sample'), startS3('sample')]);
    await Promise.all(servers.flatMap((server) => ['data', 'other'].map((bucket) => server.createBucket(bucket))));
    const seeder = open(servers[0]!, 'data', '');
    for (const key of ['a', 'in/a', 'in/ner/a']) await seeder.writer!.put(key, Buffer.from('1'), plain, { kind: 'any' }, never);
  });
  afterEach(async () => {
    for (const server of servers) expect((await everything(server)).filter((key) => key.includes('smartant'))).toEqual([]);
  });
  afterAll(async () => {
    await Promise.all(opened.map(({ reader }) => reader.close()));
    await Promise.all(servers.map((server) => server.stop()));
  });

  const open = (server: S3Server, bucket: string, prefix: string, serviceUrl = server.serviceUrl): StorageConnector => {
    const connector = openBucket(server, bucket, {}, { prefix, serviceUrl });
    opened.push(connector);
    return connector;
  };
  /** The first server's bucket by name, where the target says its address. */
  const alias = (prefix: string, bucket = 'data') =>
    open(servers[0]!, bucket, prefix, servers[0]!.serviceUrl.replace('127.0.0.1', 'localhost'));
  const everything = async (server: S3Server): Promise<string[]> => {
    const { serviceUrl, region, accessKeyId, secretAccessKey } = server;
    const secret = async () => ({ kind: 's3' as const, accessKeyId, secretAccessKey });
    const raw = new S3Client({ kind: 's3', serviceUrl, region, bucket: 'data', prefix: '', addressing: 'path' }, { secret }, {});
    const page = await listPage(raw, { scratch: true }, never);
    await raw.close();
    return page.objects.map(({ key }) => key);
  };
  const blockers = async (source: StorageConnector, target: StorageConnector) =>
    (await precheck(source, target, scope, never)).findings
      .filter(({ severity }) => severity === 'blocker')
      .map(({ code, subject }) => [code, subject]);

  it.each([
    ['equal', '', ''],
    ['equal and not empty', 'in/', 'in/'],
    ['the target inside the source', '', 'in/'],
    ['the source inside the target', 'in/ner/', 'in/'],
  ])('is refused with prefixes that are %s', async (_how, from, to) => {
    expect(await blockers(alias(from), open(servers[0]!, 'data', to))).toEqual([['ENDPOINTS_SAME_STORE', 'both']]);
  });

  it.each([
    ['prefixes side by side', 'in/', 'out/', 'data'],
    ['another bucket', '', '', 'other'],
  ])('passes with %s', async (_how, from, to, bucket) => {
    expect(await blockers(alias(from), open(servers[0]!, bucket, to))).toEqual([]);
  });

  it('passes with a bucket of the same name at another server', async () => {
    for (const [from, to] of [
      ['', ''],
      ['in/', ''],
    ] as const)
      expect(await blockers(alias(from), open(servers[1]!, 'data', to))).toEqual([]);
  });

  it('leaves nothing behind when it is cancelled while it looks, or cannot look', async () => {
    for (const failure of [new Error('cancelled'), undefined]) {
      const stop = new AbortController();
      const source = alias('');
      const holds = async (key: string, signal: AbortSignal): Promise<boolean> => {
        if (failure) stop.abort(failure);
        else throw new Error('down');
        return source.reader.holds!(key, signal);
      };
      const watched = { ...source, reader: Object.assign(Object.create(source.reader), { holds }) as StorageConnector['reader'] };
      await expect(assertNotSameStore(watched, open(servers[0]!, 'data', ''), stop.signal)).rejects.toThrow(failure ? /cancelled/ : /down/);
    }
  });

  it('warns when the source denies its tags, and only then', async () => {
    const [server] = servers;
    const denying = await denyTags(server!.serviceUrl);
    try {
      const url = `http://127.0.0.1:${(denying.address() as AddressInfo).port}`;
      const warnings = async (serviceUrl: string) => {
        const { findings } = await precheck(open(server!, 'data', '', serviceUrl), open(servers[1]!, 'other', ''), scope, never);
        return findings.map(({ code }) => code);
      };
      expect(await warnings(url)).toContain('SOURCE_TAGS_UNREADABLE');
      expect(await warnings(server!.serviceUrl)).not.toContain('SOURCE_TAGS_UNREADABLE');
    } finally {
      denying.closeAllConnections();
      denying.close();
    }
  });
});

/** The server as Amazon answers a key without s3:GetObjectTagging: tags are denied, and their number is left out. */
async function denyTags(upstream: string): Promise<Server> {
  const server = createServer((asked, answer) => {
    if (/[?&]tagging/.test(asked.url ?? '')) {
      answer.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      return;
    }
    const onward = request(`${upstream}${asked.url}`, { method: asked.method, headers: asked.headers }, (response) => {
      const { 'x-amz-tagging-count': _count, ...headers } = response.headers;
      answer.writeHead(response.statusCode ?? 500, { ...headers, server: 'AmazonS3' });
      response.pipe(answer);
    });
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
