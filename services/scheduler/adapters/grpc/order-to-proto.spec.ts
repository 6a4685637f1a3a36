import { commonV1 } from '@smartant/contracts';
import type { ResolvedEndpoint } from '../../application/ports/migrator';
import { endpointToProto } from './order-to-proto';

const location = { kind: 's3', serviceUrl: 'https://s3.example.com', region: 'r', bucket: 'b', prefix: '', addressing: 'path' } as const;
const sent = (changes: object): commonV1.Endpoint =>
  endpointToProto({ id: 'ep', workspaceId: 'ws', location: { ...location, ...changes } } as ResolvedEndpoint);

/** Of a protobuf message: the numbers of its fields, in their order. */
function fieldNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length;) {
    numbers.push(bytes[at]! >> 3);
    at += 2 + bytes[at + 1]!;
  }
  return numbers;
}

describe('an endpoint on the wire', () => {
  it('is plain S3 where every version reaches it as asked', () => {
    for (const changes of [{}, { via: [] }, { tls: {} }, { tlsCaPem: 'pem' }]) expect(sent(changes).location?.$case).toBe('s3');
  });

  it.each([
    ['a way', { via: [{ kind: 'socks', host: 'h', port: 1 }] }],
    ['a pin', { tls: { certificateSha256: 'ab' } }],
    ['a name', { tls: { serverName: 'n' } }],
    ['a least version', { tls: { minVersion: 'TLSv1.3' } }],
  ])('with %s has no location that a migrator before ways would know', (_name, changes) => {
    const endpoint = sent(changes);
    expect(endpoint.location).toMatchObject({ $case: 'routedS3', value: { bucket: 'b' } });
    // Versions before know the fields 1 to 4, and refuse an endpoint without a location.
    expect(fieldNumbers(commonV1.Endpoint.encode(endpoint).finish())).toEqual([1, 2, 15]);
  });
});
