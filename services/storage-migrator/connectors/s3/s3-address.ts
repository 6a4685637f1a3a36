import { SmartantError } from '@smartant/kernel';
import type { StorageLocation } from '@smartant/connectors';
import { encodePath } from './sigv4';

export type S3Location = Extract<StorageLocation, { kind: 's3' }>;

/** Where requests go: one origin, and the path of the bucket or of an object in it. */
export interface S3Address {
  /** "https://bucket.s3.example:9000" */
  readonly origin: string;
  /** As the Host header says it: without the scheme's default port. */
  readonly host: string;
  readonly hostname: string;
  readonly secure: boolean;
  /** The service itself: for listing buckets. */
  readonly serviceOrigin: string;
  /** Path of a key in the bucket, or of the bucket; percent-encoded. */
  path(key?: string): string;
}

/** Raises STORAGE_ADDRESS_INVALID. */
export function s3Address(location: S3Location): S3Address {
  const service = parseServiceUrl(location.serviceUrl);
  const basePath = service.pathname.replace(/\/+$/, '');
  const virtual = location.addressing === 'virtual' && location.bucket !== '';
  const host = virtual ? `${location.bucket}.${service.host}` : service.host;
  const bucketPath = virtual || location.bucket === '' ? basePath : `${basePath}/${encodePath(location.bucket)}`;
  return {
    origin: `${service.protocol}//${host}`,
    host,
    hostname: (virtual ? `${location.bucket}.${service.hostname}` : service.hostname).replace(/^\[|\]$/g, ''),
    secure: service.protocol === 'https:',
    serviceOrigin: service.origin,
    path: (key) => (key === undefined ? bucketPath || '/' : `${bucketPath}/${encodeKey(key)}`),
  };
}

function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new SmartantError(
      'STORAGE_ADDRESS_INVALID',
      'The service URL is not an http or https URL without credentials, query and fragment.',
      {
        kind: 'invalid',
        hint: 'Write it as https://s3.eu-central-1.amazonaws.com or http://host:9000.',
        fields: [{ field: 'serviceUrl', message: 'must be an http or https URL' }],
      },
    );
  }
  return url;
}

function encodeKey(key: string): string {
  if (!key.isWellFormed()) {
    throw new SmartantError('STORAGE_KEY_INVALID', 'The name holds half a surrogate pair and cannot be written as UTF-8.', {
      kind: 'invalid',
      hint: 'Rename it at the source, or skip it.',
    });
  }
  return encodePath(key);
}
