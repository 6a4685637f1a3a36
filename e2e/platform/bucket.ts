import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import type { S3Server } from '@smartant/test-servers';

/** What a bucket holds, read by the AWS SDK and none of the product's code. */
export interface StoredObject {
  sha256: string;
  size: number;
  contentType: string | undefined;
  cacheControl: string | undefined;
  contentDisposition: string | undefined;
  contentLanguage: string | undefined;
  contentEncoding: string | undefined;
  metadata: Record<string, string>;
  tags: Record<string, string>;
}

export class Bucket {
  readonly client: S3Client;

  constructor(
    private readonly server: S3Server,
    readonly name: string,
  ) {
    this.client = new S3Client({
      endpoint: server.serviceUrl,
      region: server.region,
      forcePathStyle: true,
      credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  /** Its URL as the CLI takes it. */
  url(prefix = ''): string {
    return `s3://${this.name}/${prefix}?endpoint=${encodeURIComponent(this.server.serviceUrl)}&region=${this.server.region}`;
  }

  /** The environment in which the CLI finds this bucket's credentials, as source or as target. */
  environment(side: 'SOURCE' | 'TARGET'): Record<string, string> {
    return {
      [`SMARTANT_${side}_ACCESS_KEY_ID`]: this.server.accessKeyId,
      [`SMARTANT_${side}_SECRET_ACCESS_KEY`]: this.server.secretAccessKey,
    };
  }

  /** The body that the API takes for an inline endpoint; `serviceUrl` may lead through a proxy. */
  inline(prefix = '', serviceUrl = this.server.serviceUrl): object {
    return {
      location: { kind: 's3', serviceUrl, region: this.server.region, bucket: this.name, prefix, addressing: 'path' },
      secret: { kind: 's3', accessKeyId: this.server.accessKeyId, secretAccessKey: this.server.secretAccessKey },
    };
  }

  async put(key: string, body: Buffer | string, options: Partial<PutObjectCommandInput> = {}): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, ...options }));
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.client.send(new ListObjectsV2Command({ Bucket: this.name, ContinuationToken: token, EncodingType: 'url' }));
      const encoded = page.EncodingType === 'url';
      for (const { Key } of page.Contents ?? []) keys.push(encoded ? decodeURIComponent((Key ?? '').replaceAll('+', ' ')) : (Key ?? ''));
      if (!page.IsTruncated) return keys;
      token = page.NextContinuationToken;
    }
  }

  /** Keys of the multipart uploads that can still be completed. minio lists some that it no longer has. */
  async openUploads(): Promise<string[]> {
    const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.name }));
    const open: string[] = [];
    for (const { Key, UploadId } of page.Uploads ?? []) {
      const parts = this.client.send(new ListPartsCommand({ Bucket: this.name, Key, UploadId }));
      const exists = await parts.then(() => true).catch(unlessGone);
      if (exists) open.push(Key ?? '');
    }
    return open;
  }

  async read(key: string): Promise<StoredObject> {
    const object = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of object.Body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    const tags = await this.client.send(new GetObjectTaggingCommand({ Bucket: this.name, Key: key }));
    return {
      sha256: hash.digest('hex'),
      size,
      contentType: object.ContentType,
      cacheControl: object.CacheControl,
      contentDisposition: object.ContentDisposition,
      contentLanguage: object.ContentLanguage,
      contentEncoding: object.ContentEncoding,
      metadata: object.Metadata ?? {},
      tags: Object.fromEntries((tags.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    };
  }

  /** Everything in it, by key. */
  async contents(concurrency = 16): Promise<Map<string, StoredObject>> {
    const waiting = await this.keys();
    const found = new Map<string, StoredObject>();
    const work = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) found.set(key, await this.read(key));
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function unlessGone(error: unknown): false {
  if ((error as Error).name !== 'NoSuchUpload') throw error;
  return false;
}

/** Puts many objects at once, `make(i)` each. */
export async function fill(
  bucket: Bucket,
  count: number,
  make: (index: number) => { key: string; body: Buffer },
  concurrency = 32,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const { key, body } = make(next++);
      await bucket.put(key, body);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
