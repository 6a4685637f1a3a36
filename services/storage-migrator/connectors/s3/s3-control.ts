import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  S3Client as AwsClient,
  S3ServiceException,
  type BucketLocationConstraint,
} from '@aws-sdk/client-s3';
import { Agent } from 'undici';
import { SmartantError } from '@smartant/kernel';
import type { OpenStorageOptions } from '@smartant/connectors';
import { s3Address, type S3Location } from './s3-address';
import { cancelled } from '../cancellation';
import { refusalError, transportError } from './s3-errors';
import type { NetworkPolicy, S3Transport } from './s3-transport';
import { undiciHandler } from './undici-handler';

/** A secret is asked for again after this. */
const SECRET_MS = 60_000;
const REQUEST_MS = 30_000;

const DEFAULT_REGION = 'us-east-1';

/** Rare questions about buckets and uploads, by the AWS SDK. Copying does not go through here. */
export class S3Control {
  private readonly aws: AwsClient;
  private readonly anonymous = { accessKeyId: '', secretAccessKey: '' };

  constructor(
    private readonly location: S3Location,
    options: OpenStorageOptions,
    private readonly network: NetworkPolicy,
    transport: S3Transport,
  ) {
    this.aws = new AwsClient({
      endpoint: location.serviceUrl,
      region: location.region,
      forcePathStyle: location.addressing === 'path',
      maxAttempts: 3,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: undiciHandler(new Agent({ connect: transport.connect }), { timeoutMs: REQUEST_MS }) as never,
      credentials: async () => {
        const secret = await options.secret(new AbortController().signal);
        return { ...(secret.kind === 's3' ? secret : this.anonymous), expiration: new Date(Date.now() + SECRET_MS) };
      },
    });
  }

  /** Raises STORAGE_BUCKET_NOT_FOUND, STORAGE_ACCESS_DENIED, STORAGE_CREDENTIALS_INVALID… */
  async assertBucket(signal: AbortSignal): Promise<void> {
    await this.call('look at the bucket', signal, (abortSignal) =>
      this.aws.send(new HeadBucketCommand({ Bucket: this.location.bucket }), { abortSignal }),
    );
  }

  /** Stores that know no regions take none but their own, and the default one is never named. */
  async makeBucket(signal: AbortSignal): Promise<void> {
    const { bucket: Bucket, region } = this.location;
    const configuration =
      region === DEFAULT_REGION ? {} : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
    await this.call('create the bucket', signal, async (abortSignal) => {
      try {
        await this.aws.send(new CreateBucketCommand({ Bucket, ...configuration }), { abortSignal });
      } catch (error) {
        if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
      }
    });
  }

  async bucketNames(signal: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.call('list buckets', signal, (abortSignal) =>
        this.aws.send(new ListBucketsCommand({ ContinuationToken: token }), { abortSignal }),
      );
      names.push(...(page.Buckets ?? []).map((bucket) => bucket.Name ?? ''));
      if (!page.ContinuationToken) return names.sort();
      token = page.ContinuationToken;
    }
  }

  /** Unfinished multipart uploads of one key, by its full name. */
  async uploadsOf(key: string, signal: AbortSignal): Promise<string[]> {
    const page = await this.call('list multipart uploads', signal, (abortSignal) =>
      this.aws.send(new ListMultipartUploadsCommand({ Bucket: this.location.bucket, Prefix: key }), { abortSignal }),
    );
    return (page.Uploads ?? []).filter((upload) => upload.Key === key).map((upload) => upload.UploadId ?? '');
  }

  close(): void {
    this.aws.destroy();
  }

  private async call<T>(operation: string, signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      if (!this.location.via?.length) await this.network.assertAllowed?.(s3Address(this.location).hostname);
      return await send(signal);
    } catch (error) {
      if (signal.aborted) throw cancelled(signal.reason);
      if (error instanceof SmartantError) throw error;
      if (!(error instanceof S3ServiceException)) throw transportError(error, operation);
      throw refusalError({
        status: error.$metadata.httpStatusCode ?? 500,
        // The SDK invents names for bodyless answers: "NotFound", "403", "UnknownError".
        s3Code: /^(NotFound|Unknown.*|\d+|Forbidden|BadRequest)$/.test(error.name) ? undefined : error.name,
        message: error.message,
        operation,
        namesObject: false,
        bucketRegion: error.$response?.headers['x-amz-bucket-region'],
        requestId: error.$metadata.requestId,
      });
    }
  }
}
