import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

const BUCKET = 'bucket';
const MAIN = join(__dirname, 'main.mjs');
const MIB = 1024 * 1024;

let folder: string;
let server: ChildProcess;
let client: S3Client;

async function start(): Promise<void> {
  server = spawn(process.execPath, [MAIN, '--data', folder, '--bucket', BUCKET], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SAMPLE_S3_ACCESS_KEY: 'id', SAMPLE_S3_SECRET_KEY: 'secret' },
  });
  const [line] = await once(createInterface({ input: server.stdout! }), 'line');
  client = connect(JSON.parse(line).listening);
}

const connect = (endpoint: string, secretAccessKey = 'secret') =>
  new S3Client({ endpoint, region: 'anywhere', forcePathStyle: true, credentials: { accessKeyId: 'id', secretAccessKey }, maxAttempts: 1 });

async function end(signal: NodeJS.Signals): Promise<void> {
  client.destroy();
  const ended = once(server, 'exit');
  server.kill(signal);
  await ended;
}

const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const get = async (Key: string, more: object = {}) =>
  (await client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }))).Body!.transformToString();

async function list(more: object = {}): Promise<{ keys: string[]; prefixes: string[]; pages: number }> {
  const [keys, prefixes]: [string[], string[]] = [[], []];
  let pages = 0;
  for (let ContinuationToken: string | undefined; ;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url', ContinuationToken, ...more }));
    keys.push(...(page.Contents ?? []).map((object) => decodeURIComponent(object.Key!)));
    prefixes.push(...(page.CommonPrefixes ?? []).map((prefix) => decodeURIComponent(prefix.Prefix!)));
    pages += 1;
    if (!page.IsTruncated) return { keys, prefixes, pages };
    ContinuationToken = page.NextContinuationToken;
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sample-s3-'));
  await start();
});

afterEach(async () => {
  await end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

const HOSTILE_KEYS = [
  'a b',
  'a%2Fb',
  'new\nline',
  'return\r',
  'control\u0001',
  'nfc-\u00e9',
  'nfd-e\u0301',
  '😀',
  '\uffee',
  '\u{10348}',
  'trailing ',
  '.hidden/../up',
  'a//b',
  '/leading',
  'd/',
  'n',
  'n/b',
  '"quotes\'&<>',
  'plus+ampersand&',
  'soap',
  'x'.repeat(1024),
];

it('keeps hostile keys apart, and lists them in the order of their bytes', async () => {
  for (const key of HOSTILE_KEYS) await put(key, `content of ${key}`);
  for (const key of HOSTILE_KEYS) expect(await get(key)).toBe(`content of ${key}`);
  const { keys, pages } = await list({ MaxKeys: 5 });
  expect(keys).toEqual([...HOSTILE_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  expect(pages).toBe(5);
});

it('folds keys at a delimiter, across pages', async () => {
  for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/2/3', 'd']) await put(key, Buffer.alloc(0));
  expect(await list({ Delimiter: '/', MaxKeys: 1 })).toEqual({ keys: ['b', 'd'], prefixes: ['a/', 'c/'], pages: 4 });
  expect(await list({ Delimiter: '/', Prefix: 'c/' })).toMatchObject({ keys: ['c/1'], prefixes: ['c/2/'] });
  expect(await list({ StartAfter: 'c/1' })).toMatchObject({ keys: ['c/2/3', 'd'] });
});

it('refuses content that does not match its checksum, and stores nothing', async () => {
  const wrong = { ContentMD5: createHash('md5').update('other').digest('base64') };
  await expect(put('k', 'content', wrong)).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put('k', 'content', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put('k', 'content', { ChecksumSHA256: createHash('sha256').update('other').digest('base64') })).rejects.toMatchObject({
    name: 'BadDigest',
  });
  expect((await list()).keys).toEqual([]);
});

it('takes a stream in chunks with a trailing checksum', async () => {
  const body = Buffer.alloc(3 * MIB, 'stream');
  await client.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'streamed',
      Body: Readable.from([body.subarray(0, MIB), body.subarray(MIB)]),
      ContentLength: body.length,
    }),
  );
  expect(Buffer.from(await get('streamed')).equals(body)).toBe(true);
  expect((await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'streamed' }))).ContentEncoding).toBeUndefined();
});

it('writes only under the condition that was asked', async () => {
  const { ETag } = await put('k', 'first', { IfNoneMatch: '*' });
  await expect(put('k', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await expect(put('k', 'second', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await put('k', 'second', { IfMatch: ETag });
  await expect(get('k', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(await get('k')).toBe('second');
});

it('lets one of many conditional writers win', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => put('k', `writer ${index}`, { IfNoneMatch: '*' })));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('keeps properties, metadata and tags', async () => {
  const properties = { ContentType: 'text/x', CacheControl: 'no-store', ContentLanguage: 'de', Metadata: { one: '1', two: 'zwei' } };
  await put('k', 'x', { ...properties, Tagging: 'a=1&b=%C3%A9' });
  expect(await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'k' }))).toMatchObject(properties);
  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: BUCKET, Key: 'k' }));
  expect(TagSet).toEqual([
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: 'é' },
  ]);
});

it('reads ranges, also across parts', async () => {
  const parts = [Buffer.alloc(5 * MIB, 'a'), Buffer.alloc(10, 'b')];
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'big', Metadata: { m: '1' } }));
  const sent: { ETag: string | undefined; PartNumber: number }[] = [];
  for (const [index, Body] of parts.entries()) {
    const { ETag } = await client.send(new UploadPartCommand({ Bucket: BUCKET, Key: 'big', UploadId, PartNumber: index + 1, Body }));
    sent.push({ ETag, PartNumber: index + 1 });
  }
  const { Parts } = await client.send(new ListPartsCommand({ Bucket: BUCKET, Key: 'big', UploadId }));
  expect(Parts).toMatchObject([
    { PartNumber: 1, Size: 5 * MIB },
    { PartNumber: 2, Size: 10 },
  ]);
  const complete = (more: object = {}) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket: BUCKET, Key: 'big', UploadId, MultipartUpload: { Parts: sent }, ...more }));
  await put('big', 'in the way');
  await expect(complete({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect((await complete()).ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  expect(await get('big', { Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` })).toBe('aabb');
  expect(await get('big', { Range: 'bytes=-3' })).toBe('bbb');
  await expect(get('big', { Range: `bytes=${6 * MIB}-` })).rejects.toMatchObject({ name: 'InvalidRange' });
});

it('refuses a completion that names parts it does not have, or that are too small', async () => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'k' }));
  const upload = async (PartNumber: number) =>
    (await client.send(new UploadPartCommand({ Bucket: BUCKET, Key: 'k', UploadId, PartNumber, Body: 'small' }))).ETag;
  const [first, second] = [await upload(1), await upload(2)];
  const complete = (Parts: object[]) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket: BUCKET, Key: 'k', UploadId, MultipartUpload: { Parts } }));
  await expect(complete([{ PartNumber: 3, ETag: first }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(
    complete([
      { PartNumber: 2, ETag: second },
      { PartNumber: 1, ETag: first },
    ]),
  ).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expect(
    complete([
      { PartNumber: 1, ETag: first },
      { PartNumber: 2, ETag: second },
    ]),
  ).rejects.toMatchObject({ name: 'EntityTooSmall' });
  await client.send(new AbortMultipartUploadCommand({ Bucket: BUCKET, Key: 'k', UploadId }));
  await expect(client.send(new ListPartsCommand({ Bucket: BUCKET, Key: 'k', UploadId }))).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

it('copies a range of an object as a part', async () => {
  await put('source', 'xxcopiedxx');
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'k' }));
  const { CopyPartResult } = await client.send(
    new UploadPartCopyCommand({
      Bucket: BUCKET,
      Key: 'k',
      UploadId,
      PartNumber: 1,
      CopySource: `${BUCKET}/source`,
      CopySourceRange: 'bytes=2-7',
    }),
  );
  const Parts = [{ PartNumber: 1, ETag: CopyPartResult!.ETag }];
  await client.send(new CompleteMultipartUploadCommand({ Bucket: BUCKET, Key: 'k', UploadId, MultipartUpload: { Parts } }));
  expect(await get('k')).toBe('copied');
});

it('deletes, one and many, and does not mind what is gone', async () => {
  for (const key of ['a&b', 'new\nline', 'c']) await put(key, key);
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'c' }));
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'c' }));
  const Objects = [{ Key: 'a&b' }, { Key: 'new\nline' }, { Key: 'never there' }];
  const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
  expect([Deleted?.length, Errors]).toEqual([3, undefined]);
  expect((await list()).keys).toEqual([]);
});

it('refuses a wrong secret, and requests without a signature', async () => {
  const endpoint = (await client.config.endpoint!()) as { protocol: string; hostname: string; port: number };
  const url = `${endpoint.protocol}//${endpoint.hostname}:${endpoint.port}`;
  const stranger = connect(url, 'wrong');
  await expect(stranger.send(new ListObjectsV2Command({ Bucket: BUCKET }))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect((await fetch(`${url}/${BUCKET}`)).status).toBe(403);
});

it('has everything it acknowledged after being killed', async () => {
  await put('small', 'one', { Metadata: { m: '1' } });
  await put('replaced', 'old');
  await put('replaced', 'new');
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'begun' }));
  await client.send(new UploadPartCommand({ Bucket: BUCKET, Key: 'begun', UploadId, PartNumber: 1, Body: 'part' }));
  await end('SIGKILL');
  await start();
  expect([await get('small'), await get('replaced')]).toEqual(['one', 'new']);
  expect((await client.send(new ListPartsCommand({ Bucket: BUCKET, Key: 'begun', UploadId }))).Parts).toHaveLength(1);
});
