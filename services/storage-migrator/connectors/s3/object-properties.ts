import { SmartantError } from '@smartant/kernel';
import type { ObjectProperties } from '@smartant/connectors';
import { decodeEncodedWords, encodeWord } from './encoded-words';
import { encodeRfc3986 } from './sigv4';

const headerOf = {
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  contentDisposition: 'content-disposition',
  cacheControl: 'cache-control',
  expires: 'expires',
  websiteRedirectLocation: 'x-amz-website-redirect-location',
} as const satisfies Partial<Record<keyof ObjectProperties, string>>;

const META = 'x-amz-meta-';

/**
 * How values outside ASCII are written. Amazon expects RFC 2047 encoded words, other stores keep the header's UTF-8 bytes.
 * On reading, Amazon and minio answer with encoded words and versitygw with bytes: words are always decoded, so that both
 * sides of a migration compare equal.
 */
export type MetadataStyle = 'raw' | 'encoded-words';

export function metadataStyleOf(hostname: string): MetadataStyle {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(hostname) ? 'encoded-words' : 'raw';
}

/** Properties from the headers of a GET or HEAD; tags are not among them. Raises STORAGE_METADATA_UNREADABLE. */
export function propertiesFromHeaders(headers: Record<string, string>): ObjectProperties {
  // Amazon leaves out values that HTTP cannot carry and only counts them: copying would lose them.
  if (Number(headers['x-amz-missing-meta'] ?? 0) > 0) {
    throw new SmartantError('STORAGE_METADATA_UNREADABLE', 'The store keeps metadata of this object that it cannot send in headers.', {
      kind: 'precondition',
      hint: 'Rewrite the object’s metadata at the source without control characters, or skip the object.',
    });
  }
  const properties: ObjectProperties = { metadata: {}, tags: {} };
  for (const [property, header] of Object.entries(headerOf) as [keyof typeof headerOf, string][]) {
    const value = property === 'contentEncoding' ? withoutChunking(headers[header]) : headers[header];
    if (value) properties[property] = fromBytes(value);
  }
  for (const name in headers) {
    if (!name.startsWith(META)) continue;
    properties.metadata[name.slice(META.length)] = decodeEncodedWords(fromBytes(headers[name] ?? ''));
  }
  return properties;
}

/** Headers of a PUT or of the begin of a multipart upload, tags included. */
export function headersFromProperties(properties: ObjectProperties, style: MetadataStyle): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [property, header] of Object.entries(headerOf) as [keyof typeof headerOf, string][]) {
    const value = properties[property];
    if (value) headers[header] = value;
  }
  for (const [name, value] of Object.entries(properties.metadata)) {
    headers[`${META}${name.toLowerCase()}`] = style === 'encoded-words' ? encodeWord(value) : value;
  }
  const tags = Object.entries(properties.tags);
  if (tags.length > 0) headers['x-amz-tagging'] = tags.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`).join('&');
  return headers;
}

/** Some stores keep the transfer's own framing among the object's encodings. */
function withoutChunking(value: string | undefined): string | undefined {
  if (!value?.includes('aws-chunked')) return value;
  return value
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== 'aws-chunked' && token !== '')
    .join(', ');
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Header bytes (as Latin-1) as text: UTF-8 where they are, else Latin-1. */
function fromBytes(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return strictUtf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
