import { createHash } from 'node:crypto';
import { opensslHmac } from './openssl-hmac';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export interface SignedCall {
  method: string;
  path: string;
  query: Iterable<[string, string]>;
  headers: Record<string, string>;
  signedHeaders: string[];
  body: string;
}

/** ACS3-HMAC-SHA256 after the vendor's text: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature */
export function acs3Signature({ method, path, query, headers, signedHeaders, body }: SignedCall, secret: string): string {
  const canonicalQuery = [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonicalHeaders = signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`).join('');
  const canonical = [method, path, canonicalQuery, canonicalHeaders, signedHeaders.join(';'), sha256(body)].join('\n');
  return opensslHmac(secret, `ACS3-HMAC-SHA256\n${sha256(canonical)}`).toString('hex');
}

/** TC3-HMAC-SHA256 after the vendor's text: https://cloud.tencent.com/document/api/213/30654 */
export function tc3Signature(
  { method, path, headers, signedHeaders, body }: SignedCall,
  key: { secret: string; timestamp: number; service: string },
): string {
  const date = new Date(key.timestamp * 1_000).toISOString().slice(0, 10);
  const canonicalHeaders = signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().toLowerCase()}\n`).join('');
  const canonical = [method, path, '', canonicalHeaders, signedHeaders.join(';'), sha256(body)].join('\n');
  const text = ['TC3-HMAC-SHA256', String(key.timestamp), `${date}/${key.service}/tc3_request`, sha256(canonical)].join('\n');
  const ofDate = opensslHmac(`TC3${key.secret}`, date);
  const signing = opensslHmac(opensslHmac(ofDate, key.service), 'tc3_request');
  return opensslHmac(signing, text).toString('hex');
}
