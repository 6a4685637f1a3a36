import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from './s3-error.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();

/** Percent-encoding of Signature Version 4: everything but unreserved characters, in upper case. */
export const encodeRfc3986 = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const sameText = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const signingKey = (secret, [date, region, service, terminator]) => [region, service, terminator].reduce(hmac, hmac(`AWS4${secret}`, date));

function parseAuthorization(header) {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(header ?? '');
  if (!match) throw new S3Error('AccessDenied', 'Requests must be signed with AWS Signature Version 4 in the Authorization header.');
  const [accessKey, ...scope] = match[1].split('/');
  if (scope.length !== 4) throw new S3Error('AccessDenied', 'The credential scope is malformed.');
  return { accessKey, scope, signedHeaders: match[2].split(';'), signature: match[3] };
}

/** `path` is the decoded path, `query` the decoded pairs in the order sent. */
function canonicalRequest(request, path, query, signedHeaders) {
  const pairs = query.map(([name, value]) => [encodeRfc3986(name), encodeRfc3986(value)]);
  pairs.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  return [
    request.method,
    path.split('/').map(encodeRfc3986).join('/'),
    pairs.map((pair) => pair.join('=')).join('&'),
    ...signedHeaders.map(
      (name) =>
        `${name}:${String(request.headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}`,
    ),
    '',
    signedHeaders.join(';'),
    request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
}

/**
 * Checks the signature of a request and returns what signs the chunks of its body.
 * Source: AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
 */
export function authenticate(request, path, query, credentials) {
  const { accessKey, scope, signedHeaders, signature } = parseAuthorization(request.headers.authorization);
  if (accessKey !== credentials.accessKey) throw new S3Error('InvalidAccessKeyId', 'The access key id does not exist in our records.');
  const date = request.headers['x-amz-date'] ?? '';
  const atMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() - atMs) < 15 * 60_000))
    throw new S3Error('RequestTimeTooSkewed', 'The request time is too far from the server time.');
  const key = signingKey(credentials.secretKey, scope);
  const canonical = canonicalRequest(request, path, query, signedHeaders);
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n')).toString('hex');
  if (!sameText(expected, signature))
    throw new S3Error('SignatureDoesNotMatch', 'The signature we calculated does not match the one provided.');
  return chunkVerifier({ key, date, scope: scope.join('/'), seed: signature });
}

/** Checks the chain of chunk signatures of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body. */
function chunkVerifier({ key, date, scope, seed }) {
  let previous = seed;
  return (chunk, signature) => {
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, sha256(''), sha256(chunk)].join('\n');
    const expected = hmac(key, text).toString('hex');
    if (!sameText(expected, signature)) throw new S3Error('SignatureDoesNotMatch', 'The signature of a chunk does not match.');
    previous = expected;
  };
}
