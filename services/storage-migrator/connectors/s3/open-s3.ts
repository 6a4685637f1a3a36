import type { OpenStorageOptions, StorageConnector } from '@smartant/connectors';
import type { S3Location } from './s3-address';
import { S3Client } from './s3-client';
import { S3Control } from './s3-control';
import { S3Reader } from './s3-reader';
import { s3Transport, type NetworkPolicy } from './s3-transport';
import { S3Writer } from './s3-writer';

/** A bucket of an S3-compatible store. Connects with the first call. */
export function openS3(location: S3Location, options: OpenStorageOptions, network: NetworkPolicy): StorageConnector {
  const transport = s3Transport(location, options, network);
  const client = new S3Client(location, options, network, transport);
  const control = new S3Control(location, options, network, transport);
  const place = { statement: `CreateBucket ${location.bucket}`, make: (signal: AbortSignal) => control.makeBucket(signal) };
  return { location, reader: new S3Reader(client, control), writer: new S3Writer(client), place };
}
