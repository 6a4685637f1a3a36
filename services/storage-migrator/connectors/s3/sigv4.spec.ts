import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { canonicalQuery, EMPTY_PAYLOAD_HASH, encodePath, RequestSigner, UNSIGNED_PAYLOAD, type RequestToSign } from './sigv4';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Examples: Signature Calculations". */
const secret = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const example: RequestToSign = {
  method: 'GET',
  host: 'examplebucket.s3.amazonaws.com',
  path: '/',
  query: {},
  headers: {},
  payloadHash: EMPTY_PAYLOAD_HASH,
  nowMs: Date.UTC(2013, 4, 24),
};
const signatureOf = (request: RequestToSign) =>
  /Signature=([0-9a-f]{64})$/.exec(new RequestSigner('us-east-1').sign(request, secret)['authorization'] ?? '')?.[1];

describe('RequestSigner against the examples that AWS publishes', () => {
  it('signs GET Object', () => {
    expect(signatureOf({ ...example, path: '/test.txt', headers: { range: 'bytes=0-9' } })).toBe(
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });

  it('signs PUT Object', () => {
    const headers = { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' };
    const payloadHash = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
    expect(signatureOf({ ...example, method: 'PUT', path: encodePath('/test$file.text'), headers, payloadHash })).toBe(
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    );
  });

  it('signs GET Bucket Lifecycle', () => {
    expect(signatureOf({ ...example, query: { lifecycle: '' } })).toBe('fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543');
  });

  it('signs GET Bucket (List Objects)', () => {
    expect(signatureOf({ ...example, query: { 'max-keys': '2', prefix: 'J' } })).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    );
  });
});

class NodeSha256 {
  private readonly hash;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as string);
  }
  update(data: string | Uint8Array) {
    this.hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset() {
    throw new Error('A hash is used once.');
  }
}

describe('RequestSigner beside the SDK’s signer', () => {
  const other = new SignatureV4({
    credentials: { ...secret, sessionToken: 'a/session+token==' },
    region: 'eu-central-1',
    service: 's3',
    sha256: NodeSha256 as never,
    uriEscapePath: false,
    applyChecksum: false,
  });

  it.each([
    ['plain', 'plain.txt', {}, {}],
    ['hostile characters', "a b+c%2F/ä~!*'()\u0001/../日本/😀//", {}, {}],
    ['a query', 'k', { prefix: 'ä +&=', 'start-after': 'z/😀', uploads: '' }, {}],
    ['a header with inner spaces', 'k', {}, { 'x-amz-meta-a': 'one   two', 'if-match': '"abc"' }],
    ['a header outside ASCII', 'k', {}, { 'x-amz-meta-name': 'žluťoučký kůň' }],
  ] as [string, string, Record<string, string>, Record<string, string>][])('agrees on %s', async (_name, key, query, headers) => {
    const path = `/${encodePath(key)}`;
    const signed = await other.sign(
      {
        method: 'PUT',
        protocol: 'https:',
        hostname: 'store.example',
        path,
        query,
        headers: { host: 'store.example', 'x-amz-content-sha256': UNSIGNED_PAYLOAD, ...headers },
      },
      { signingDate: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)) },
    );
    const ours = new RequestSigner('eu-central-1').sign(
      {
        method: 'PUT',
        host: 'store.example',
        path,
        query,
        headers,
        payloadHash: UNSIGNED_PAYLOAD,
        nowMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      },
      { ...secret, sessionToken: 'a/session+token==' },
    );
    expect(ours['authorization']).toBe(signed.headers['authorization']);
    expect(ours['x-amz-security-token']).toBe('a/session+token==');
  });

  it('derives a new key when the day or the secret changes', () => {
    const signer = new RequestSigner('us-east-1');
    const at = (nowMs: number, secretAccessKey: string) =>
      signer.sign({ ...example, nowMs }, { ...secret, secretAccessKey })['authorization'];
    const first = at(example.nowMs, 'one');
    expect(at(example.nowMs + 86_400_000, 'one')).not.toBe(first);
    expect(at(example.nowMs, 'two')).not.toBe(first);
    expect(at(example.nowMs, 'one')).toBe(first);
  });
});

it('orders and encodes a query', () => {
  expect(canonicalQuery({ 'list-type': '2', delimiter: '/', 'encoding-type': 'url', prefix: 'a b' })).toBe(
    'delimiter=%2F&encoding-type=url&list-type=2&prefix=a%20b',
  );
});
